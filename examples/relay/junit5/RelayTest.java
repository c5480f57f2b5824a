import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RelayTest {
    private static Relay relay;
    private static ServerSocket server;

    @BeforeAll
    static void start() throws IOException {
        relay = new Relay();
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread accepting = new Thread(() -> {
            while (true) {
                try {
                    Socket one = server.accept();
                    Thread serving = new Thread(() -> {
                        try {
                            one.getInputStream().transferTo(one.getOutputStream());
                        } catch (IOException ended) {
                            // It was reset.
                        }
                    });
                    serving.setDaemon(true);
                    serving.start();
                } catch (IOException closed) {
                    return;
                }
            }
        });
        accepting.setDaemon(true);
        accepting.start();
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
        relay.close();
    }

    @BeforeEach
    void reset() throws Exception {
        relay.reset();
    }

    private static int ask(Socket socket, int letter) throws IOException {
        socket.setSoTimeout(500);
        socket.getOutputStream().write(letter);
        return socket.getInputStream().read();
    }

    private static Socket connect(InetSocketAddress address) throws IOException {
        Socket socket = new Socket(address.getAddress(), address.getPort());
        socket.setSoTimeout(10_000);
        return socket;
    }

    @Test
    void anIdleSessionIsReset() throws Exception {
        InetSocketAddress address = relay.proxy("idle", server.getLocalPort(), ",\"profile\":\"azure\",\"timeScale\":240");
        try (Socket socket = connect(address)) {
            assertEquals('a', ask(socket, 'a'));
            socket.setSoTimeout(10_000);
            SocketException reset = assertThrows(SocketException.class, () -> socket.getInputStream().read());
            assertTrue(reset.getMessage().contains("reset"), reset.getMessage());
        }
    }

    @Test
    void silenceNeedsATimeout() throws Exception {
        InetSocketAddress address = relay.proxy("silent", server.getLocalPort(), "");
        try (Socket socket = connect(address)) {
            assertEquals('a', ask(socket, 'a'));
            relay.toxic("silent", "silent", "{}");
            assertThrows(SocketTimeoutException.class, () -> ask(socket, 'b'));
        }
    }
}
