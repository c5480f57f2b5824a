/// The table of clients. To add a row, measure the program (`ss -tno` some seconds after it has connected, or `sluice
/// socket list`), and write its version into the source.
package enum ClientTable {
    package static let rows: [ClientRow] = shells + databases + caches + messages + web + languages + business + tunnels

    private static let shells = [
        ClientRow(
            identifier: "ssh", name: "OpenSSH ssh", role: .client, programs: ["ssh", "sftp", "scp"], ports: [],
            keepAlive: .system, survives: .no,
            setting: "ServerAliveInterval 30 in ~/.ssh/config, or ssh -o ServerAliveInterval=30",
            source: "measured: OpenSSH 9.2p1; ssh_config(5): ServerAliveInterval is 0 by default"),
        ClientRow(
            identifier: "sshd", name: "OpenSSH sshd", role: .server, programs: ["sshd", "sshd-session"], ports: [],
            keepAlive: .system, survives: .no, setting: "ClientAliveInterval 30 in /etc/ssh/sshd_config",
            source:
                "measured once, not by the tests: OpenSSH 9.2p1; sshd_config(5): ClientAliveInterval is 0 by default"),
    ]

    private static let databases = [
        ClientRow(
            identifier: "postgresql-libpq", name: "psql, libpq, psycopg2", role: .client,
            programs: ["psql", "pg_dump", "pgbench", "python*", "php*", "ruby*", "perl"], ports: [5432, 6432],
            keepAlive: .system, survives: .no,
            setting:
                "keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000 in the connection string",
            source: "measured: psql 15, psycopg2 2.9; PostgreSQL documentation, 34.1.2 (keepalives_idle)"),
        ClientRow(
            identifier: "postgresql-server", name: "PostgreSQL server", role: .server, programs: ["postgres"],
            ports: [],
            keepAlive: .system, survives: .no,
            setting:
                "tcp_keepalives_idle = 30, tcp_keepalives_interval = 10, tcp_keepalives_count = 3 in postgresql.conf",
            source:
                "measured once, not by the tests: PostgreSQL 15; PostgreSQL documentation, 20.3.2 (tcp_keepalives_idle)"
        ),
        ClientRow(
            identifier: "pgjdbc", name: "pgjdbc", role: .client, programs: ["java"], ports: [5432, 6432],
            keepAlive: .off,
            survives: .no,
            setting:
                "tcpKeepAlive=true in the JDBC URL turns it on at the system's 2 h only: also set sysctl net.ipv4.tcp_keepalive_time=30, or use 'sluice socket guard'",
            source: "measured: pgjdbc 42.5 (Debian libpostgresql-jdbc-java); pgjdbc documentation, tcpKeepAlive"),
        ClientRow(
            identifier: "asyncpg", name: "asyncpg", role: .client, programs: ["python*"], ports: [5432, 6432],
            keepAlive: .off, survives: .no,
            setting:
                "server_settings={'tcp_keepalives_idle': '30', 'tcp_keepalives_interval': '10'}: the server then probes",
            source: "measured: asyncpg 0.27 (Debian python3-asyncpg); that the server probes is inferred"),
        ClientRow(
            identifier: "mysql", name: "mariadb client, PyMySQL, MariaDB Connector/J", role: .client,
            programs: ["mariadb", "mysql", "python*", "java", "php*"], ports: [3306], keepAlive: .system, survives: .no,
            setting:
                "no setting of its own: sysctl net.ipv4.tcp_keepalive_time=30, tcp_keepalive_intvl=10, or 'sluice socket guard'",
            source: "measured: mariadb 10.11, PyMySQL 1.0, MariaDB Connector/J 2.7 (Debian)"),
        ClientRow(
            identifier: "mysqlconnector-net", name: "MySqlConnector (.NET)", role: .client, programs: ["dotnet"],
            ports: [3306], keepAlive: .unknown, survives: .no, setting: "Keepalive=30 in the connection string",
            source: "MySqlConnector, issue 746 and the connection options page"),
        ClientRow(
            identifier: "sqlclient-net", name: "SqlClient (.NET)", role: .client, programs: ["dotnet"], ports: [1433],
            keepAlive: .own(seconds: 30), survives: .yes, setting: "none needed: 30 s, repeated every second",
            source: "dotnet/corefx pull request 33024; microsoft/sqltoolsservice issue 719"),
        ClientRow(
            identifier: "python-tds", name: "python-tds", role: .client, programs: ["python*"], ports: [1433],
            keepAlive: .system, survives: .no,
            setting:
                "no setting of its own: sysctl net.ipv4.tcp_keepalive_time=30, tcp_keepalive_intvl=10, or 'sluice socket guard'",
            source: "measured once, not by the tests: python-tds from PyPI"),
        ClientRow(
            identifier: "oracledb-thin", name: "python-oracledb, thin", role: .client, programs: ["python*"],
            ports: [1521, 2484], keepAlive: .off, survives: .no,
            setting: "expire_time=1 in the connection parameters (60 s); on the server SQLNET.EXPIRE_TIME=1",
            source:
                "measured once, not by the tests: python-oracledb from PyPI; python-oracledb documentation, expire_time"
        ),
        ClientRow(
            identifier: "oracle-thick", name: "Oracle client libraries", role: .client,
            programs: ["sqlplus", "java"], ports: [1521, 2484], keepAlive: .unknown, survives: .depends,
            setting:
                "(ENABLE=BROKEN) in the connect descriptor turns it on at the system's 2 h: also set sysctl net.ipv4.tcp_keepalive_time=30",
            source: "Oracle Net Services reference, ENABLE=BROKEN; not measured"),
        ClientRow(
            identifier: "pymongo", name: "pymongo", role: .client, programs: ["python*"], ports: [27017],
            keepAlive: .own(seconds: 120), survives: .yes, setting: "none needed: 120 s, repeated every 10 s",
            source: "measured: pymongo 3.11 (Debian python3-pymongo)"),
    ]

    private static let caches = [
        ClientRow(
            identifier: "redis-cli", name: "redis-cli", role: .client, programs: ["redis-cli", "valkey-cli"], ports: [],
            keepAlive: .own(seconds: 15), survives: .yes, setting: "none needed: 15 s",
            source: "measured: redis-cli 7.0"),
        ClientRow(
            identifier: "redis-py", name: "redis-py", role: .client, programs: ["python*"], ports: [6379],
            keepAlive: .off, survives: .no,
            setting:
                "socket_keepalive=True, socket_keepalive_options={TCP_KEEPIDLE: 30, TCP_KEEPINTVL: 10, TCP_KEEPCNT: 3}; health_check_interval helps only while commands are sent",
            source: "measured: redis-py 4.3 (Debian python3-redis); redis-py documentation, Connection"),
        ClientRow(
            identifier: "redis-server", name: "Redis server", role: .server,
            programs: ["redis-server", "valkey-server"],
            ports: [], keepAlive: .own(seconds: 300), survives: .no,
            setting: "tcp-keepalive 30 in redis.conf: the default of 300 s is later than the firewall's 240 s",
            source: "redis.conf, tcp-keepalive 300"),
    ]

    private static let messages = [
        ClientRow(
            identifier: "pika", name: "RabbitMQ pika", role: .client, programs: ["python*"], ports: [5671, 5672],
            keepAlive: .off, survives: .afterLogin,
            setting:
                "keep the heartbeat that the server suggests (60 s, frames every 30 s): heartbeat=0 in the code removes it",
            source: "measured: pika 1.2 (Debian python3-pika); rabbitmq.com/docs/heartbeats"),
        ClientRow(
            identifier: "mqtt", name: "mosquitto_sub, mosquitto_pub, paho-mqtt", role: .client,
            programs: ["mosquitto_sub", "mosquitto_pub", "python*"], ports: [1883, 8883], keepAlive: .off,
            survives: .afterLogin,
            setting: "keep alive of MQTT: -k 30, or keepalive=30 in paho's connect (60 s by default)",
            source: "measured: mosquitto-clients 2.0, paho-mqtt 1.6 (Debian); MQTT 3.1.1, 3.1.2.10"),
    ]

    private static let web = [
        ClientRow(
            identifier: "curl", name: "curl", role: .client, programs: ["curl"], ports: [],
            keepAlive: .own(seconds: 60),
            survives: .withoutLoss,
            setting: "--keepalive-time 30: 60 s is the default, for the first probe and between probes",
            source: "measured: curl 7.88; curl(1), --keepalive-time"),
        ClientRow(
            identifier: "wget", name: "wget", role: .client, programs: ["wget"], ports: [], keepAlive: .off,
            survives: .no, setting: "no setting: use curl for transfers that pause, or 'sluice socket guard'",
            source: "measured: wget 1.21"),
        ClientRow(
            identifier: "python-web", name: "Python requests, urllib3, aiohttp", role: .client, programs: ["python*"],
            ports: [80, 443, 8080, 8443], keepAlive: .off, survives: .no,
            setting:
                "urllib3: socket_options=HTTPConnection.default_socket_options + [(SOL_SOCKET, SO_KEEPALIVE, 1), (IPPROTO_TCP, TCP_KEEPIDLE, 30), (IPPROTO_TCP, TCP_KEEPINTVL, 10)]; aiohttp: a socket_factory for TCPConnector",
            source: "measured: requests 2.28, aiohttp 3.8 (Debian); urllib3 documentation, HTTPConnection"),
        ClientRow(
            identifier: "nginx-server", name: "nginx", role: .server, programs: ["nginx"], ports: [], keepAlive: .off,
            survives: .no, setting: "listen ... so_keepalive=30s:10s:3; towards upstreams proxy_socket_keepalive on",
            source: "measured once, not by the tests: nginx; nginx documentation, listen (so_keepalive)"),
        ClientRow(
            identifier: "grpc", name: "gRPC (grpcio)", role: .client, programs: ["python*"], ports: [50051],
            keepAlive: .off, survives: .no,
            setting:
                "grpc.keepalive_time_ms=30000 and keepalive_permit_without_calls=1, and on the server grpc.http2.min_recv_ping_interval_without_data_ms <= 30000: else it answers with GOAWAY too_many_pings",
            source:
                "measured: grpcio 1.51 (Debian python3-grpcio); grpc keepalive.md: the server refuses pings more frequent than 5 min"
        ),
    ]

    private static let languages = [
        ClientRow(
            identifier: "python-socket", name: "Python", role: .client, programs: ["python*"], ports: [],
            keepAlive: .off,
            survives: .no,
            setting: "setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1), then TCP_KEEPIDLE 30, TCP_KEEPINTVL 10, TCP_KEEPCNT 3",
            source: "measured: Python 3.11"),
        ClientRow(
            identifier: "java-socket", name: "Java Socket, HttpClient", role: .client, programs: ["java"], ports: [],
            keepAlive: .off, survives: .no,
            setting:
                "socket.setKeepAlive(true) and setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 30), TCP_KEEPINTERVAL 10, TCP_KEEPCOUNT 3",
            source: "measured: OpenJDK 17; jdk.net.ExtendedSocketOptions"),
        ClientRow(
            identifier: "node", name: "Node.js net", role: .client, programs: ["node", "nodejs"], ports: [],
            keepAlive: .off, survives: .no,
            setting: "socket.setKeepAlive(true, 30000); http.Agent and fetch do so by default",
            source: "measured: Node.js 20; nodejs/node commit ba117c2"),
        ClientRow(
            identifier: "go", name: "Go net.Dialer", role: .client, programs: ["go"], ports: [],
            keepAlive: .own(seconds: 15), survives: .yes,
            setting: "none needed: 15 s unless Dialer.KeepAlive is negative",
            source: "Go documentation, net.Dialer.KeepAlive; not measured"),
    ]

    private static let business = [
        ClientRow(
            identifier: "sap-gui", name: "SAP GUI", role: .client, programs: [],
            ports: [3200, 3201, 3202, 3203, 3210, 3220, 3230, 3299], keepAlive: .unknown, survives: .no,
            setting: "rdisp/keepalive = 30 on the application server (1200 s by default)",
            source: "SAP note 27320; itsiti.com, rdisp/keepalive"),
        ClientRow(
            identifier: "sap-rfc", name: "SAP RFC", role: .client, programs: [],
            ports: [3300, 3301, 3302, 3303, 3310, 3320, 3399], keepAlive: .unknown, survives: .depends,
            setting: "gw/keepalive <= 200, and the keep-alive timeout of the destination in SM59",
            source: "sapdatasheet.org, table RFCDES, KEEPALIVEVAL"),
        ClientRow(
            identifier: "rdp", name: "RDP", role: .client, programs: [], ports: [3389], keepAlive: .unknown,
            survives: .no,
            setting:
                "client: keepAliveInterval 30000 ms (0 by default, at least 10000); server: group policy 'Configure keep-alive connection interval', 1 min",
            source: "learn.microsoft.com, IMsRdpClientAdvancedSettings keepAliveInterval"),
    ]

    private static let tunnels = [
        ClientRow(
            identifier: "openvpn", name: "OpenVPN over TCP", role: .client, programs: ["openvpn"], ports: [],
            keepAlive: .unknown, survives: .depends,
            setting: "keepalive 10 60 in both configurations (none by default)",
            source: "openvpn(8), --keepalive; not measured")
    ]

    /// For programs without a row.
    package static let general = ClientRow(
        identifier: "any", name: "any program", role: .client, programs: [], ports: [], keepAlive: .unknown,
        survives: .depends,
        setting:
            "set SO_KEEPALIVE, TCP_KEEPIDLE 30, TCP_KEEPINTVL 10 and TCP_KEEPCNT 3 in the program, or use 'sluice socket guard add'",
        source: "tcp(7)")
}
