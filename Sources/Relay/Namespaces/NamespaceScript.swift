/// The shell script that makes the bed of namespaces, and keeps it.
///
/// It runs as root of a user namespace of its own, so it needs no privileges outside. It makes three networks:
///
///     client (the command)  --  router (nft drops what is silent)  --  server (the relay's listening sockets)
///
/// In the client's, 127.0.0.1 on the proxies' ports leads to the server's, so the command uses the same addresses as
/// without namespaces. Once it is ready it prints a line with the process of each network, and then carries out lines
/// `NETWORK nft-command` of its standard input, each answered by a line. At the end of its input it ends all.
enum NamespaceScript {
    static let serverAddress = "10.88.2.2"
    static let clientAddress = "10.88.1.2"

    /// Arguments: the program that listens in the server's network, with its arguments. Descriptor 3 is for it.
    static let text = """
        set -eu
        client= server=
        trap 'kill $client $server 2>/dev/null || true' EXIT
        own=$(readlink /proc/self/ns/net)
        unshare --net -- sleep infinity </dev/null >/dev/null 3>&- & client=$!
        unshare --net -- "$@" </dev/null >/dev/null & server=$!
        exec 3>&-
        for process in $client $server; do
            tries=0
            while [ "$(readlink /proc/$process/ns/net || echo "$own")" = "$own" ]; do
                tries=$((tries + 1)); [ $tries -lt 500 ] || exit 1; sleep 0.01
            done
        done
        on() { process=$1; shift; nsenter --net=/proc/$process/ns/net -- "$@"; }
        ip link set lo up
        echo 1 >/proc/sys/net/ipv4/ip_forward
        ip link add to-client type veth peer name eth0 netns $client
        ip link add to-server type veth peer name eth0 netns $server
        ip address add 10.88.1.1/24 dev to-client
        ip address add 10.88.2.1/24 dev to-server
        ip link set to-client up
        ip link set to-server up
        on $client ip link set lo up
        on $client ip address add \(clientAddress)/24 dev eth0
        on $client ip link set eth0 up
        on $client ip route add default via 10.88.1.1
        on $server ip link set lo up
        on $server ip address add \(serverAddress)/24 dev eth0
        on $server ip link set eth0 up
        on $server ip route add default via 10.88.2.1
        nft -f - <<'END'
        table ip sluice {
            set silent { type ipv4_addr . inet_service . inet_service; }
            chain forward {
                type filter hook forward priority 0;
                ip saddr . tcp sport . tcp dport @silent drop
                ip daddr . tcp dport . tcp sport @silent drop
            }
        }
        END
        on $client sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet'
        on $client nft -f - <<'END'
        table ip sluice {
            set ports { type inet_service; }
            chain output {
                type nat hook output priority -100;
                ip daddr 127.0.0.1 tcp dport @ports dnat to \(serverAddress)
            }
            chain postrouting {
                type nat hook postrouting priority 100;
                oifname "eth0" ip saddr 127.0.0.0/8 masquerade
            }
        }
        END
        echo "ready $client $server"
        while read -r network command; do
            case $network in
            client) if on $client nft "$command"; then echo done; else echo failed; fi ;;
            *) if nft "$command"; then echo done; else echo failed; fi ;;
            esac
        done
        """
}
