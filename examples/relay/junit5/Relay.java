import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A sluice-relay for tests. Needs nothing but Java 11; toxiproxy-java works with it, too. */
public final class Relay implements AutoCloseable {
    private final Process process;
    private final String url;
    private final HttpClient client = HttpClient.newHttpClient();

    public Relay() throws IOException {
        process = new ProcessBuilder("sluice-relay", "--listen", "127.0.0.1:0").start();
        BufferedReader errors = new BufferedReader(new InputStreamReader(process.getErrorStream()));
        Pattern address = Pattern.compile("control API is at (http://\\S+)");
        StringBuilder said = new StringBuilder();
        String found = null;
        for (String line; found == null && (line = errors.readLine()) != null;) {
            said.append(line).append('\n');
            Matcher match = address.matcher(line);
            if (match.find()) found = match.group(1);
        }
        if (found == null) throw new IOException(said.toString());
        url = found;
    }

    /** Makes a proxy. `keys` is JSON that begins with a comma, or empty: `,"profile":"azure","timeScale":60`. */
    public InetSocketAddress proxy(String name, int upstreamPort, String keys) throws IOException, InterruptedException {
        String made = call("POST", "/proxies", "{\"name\":\"" + name + "\",\"listen\":\"127.0.0.1:0\",\"upstream\":\"127.0.0.1:"
                + upstreamPort + "\"" + keys + "}");
        Matcher listen = Pattern.compile("\"listen\":\"127.0.0.1:(\\d+)\"").matcher(made);
        if (!listen.find()) throw new IOException(made);
        return new InetSocketAddress("127.0.0.1", Integer.parseInt(listen.group(1)));
    }

    /** Adds a toxic, and returns the answer. `attributes` is a JSON object. */
    public String toxic(String proxy, String type, String attributes) throws IOException, InterruptedException {
        return call("POST", "/proxies/" + proxy + "/toxics", "{\"type\":\"" + type + "\",\"attributes\":" + attributes + "}");
    }

    /** Enables every proxy and removes every toxic. */
    public void reset() throws IOException, InterruptedException {
        call("POST", "/reset", "");
    }

    private String call(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body)).build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 400) throw new IOException(response.body());
        return response.body();
    }

    @Override
    public void close() {
        process.destroy();
    }
}
