/// The scripts that FlowCore and the kernel program must both pass.
package enum TCPScripts {
    private static let open = """
        > S 999                    => forward synSent renews
        < SA 4999 ack 1000         => forward synReceived renews
        > A 1000 ack 5000          => forward established renews
        """

    package static let all: [TCPScript] = following + beginningAgain

    private static let following: [TCPScript] = [
        TCPScript(
            "SESS-1 only a SYN begins a session",
            """
            > A 1000 ack 5000          => drop(noSession) none
            > SA 1000 ack 5000         => drop(noSession) none
            > FA 1000 ack 5000         => drop(noSession) none
            > R 1000                   => drop(noSession) none
            > SF 1000                  => drop(invalidFlags) none
            > P 1000                   => drop(invalidFlags) none
            > S 1000                   => forward synSent
            """),
        TCPScript(
            "SESS-2 from SYN to both FINs",
            """
            > S 999 ws 7               => forward synSent renews
            < SA 4999 ack 1000 ws 7    => forward synReceived renews
            > A 1000 ack 5000          => forward established renews
            +5
            > PA 1000 ack 5000 len 100 => forward established renews
            < A 5000 ack 1100          => forward established renews
            > FA 1100 ack 5000         => forward closing
            < A 5000 ack 1101          => forward closing
            < PA 5000 ack 1101 len 10  => forward closing
            > A 1101 ack 5010          => forward closing
            < FA 5010 ack 1101         => forward closing
            +1
            > A 1101 ack 5011          => forward closed renews
            +1
            > A 1101 ack 5011          => forward closed keeps
            """),
        TCPScript(
            "SESS-2 both ends close at once",
            open + """

                > FA 1000 ack 5000         => forward closing
                < FA 5000 ack 1000         => forward closing
                > A 1001 ack 5001          => forward closing
                < A 5001 ack 1001          => forward closed
                """),
        TCPScript(
            "SESS-2 both ends open at once",
            """
            > S 999                    => forward synSent
            < S 4999                   => forward synReceived
            > SA 999 ack 5000          => forward synReceived
            < SA 4999 ack 1000         => forward synReceived
            > A 1000 ack 5000          => forward established
            """),
        TCPScript(
            "SESS-2 a FIN behind lost data does not close early",
            open + """

                > FA 1100 ack 5000         => forward closing
                < FA 5000 ack 1000         => forward closing
                > A 1101 ack 5001          => forward closing
                > PA 1000 ack 5001 len 100 => forward closing
                < A 5001 ack 1101          => forward closed
                """),
        TCPScript(
            "SESS-3 keep-alive probes and their answers restart the timer",
            open + """

                +100
                > A 999 ack 5000           => forward established renews
                +100
                < A 5000 ack 1000          => forward established renews
                +100
                < A 4999 ack 1000          => forward established renews
                """),
        TCPScript(
            "SESS-3 a retransmitted SYN does not restart the timer",
            """
            > S 999                    => forward synSent renews
            +10
            > S 999                    => forward synSent keeps
            +10
            < SA 4999 ack 1000         => forward synReceived renews
            +10
            < SA 4999 ack 1000         => forward synReceived keeps
            +10
            > S 999                    => forward synReceived keeps
            """),
        TCPScript(
            "SESS-3 a dropped segment does not restart the timer",
            open + """

                +10
                > A 200000 ack 5000 len 1  => drop(outOfWindow) established keeps
                < A 5000 ack 9000          => drop(outOfWindow) established keeps
                > R 900000                 => drop(invalidReset) established keeps
                > R 1200 ack 0             => forward established keeps
                """),
        TCPScript(
            "SESS-4 the exact RST closes",
            open + """

                +10
                < R 5000                   => forward closed
                """),
        TCPScript(
            "SESS-4 the exact RST with data in flight closes at either position",
            open + """

                < PA 5000 ack 1000 len 100 => forward established
                < RA 5100 ack 1000         => forward closed
                """),
        TCPScript(
            "SESS-4 an inexact RST in the window is forwarded and closes nothing",
            open + """

                +10
                < R 5001                   => forward established keeps
                > A 1000 ack 5000          => forward established keeps
                > A 1000 ack 5000          => forward established renews
                """),
        TCPScript(
            "SESS-4 an RST outside the window is dropped",
            open + """

                < R 4999                   => drop(invalidReset) established
                < R 90000                  => drop(invalidReset) established
                > R 999                    => drop(invalidReset) established
                """),
        TCPScript(
            "SESS-4 a refused SYN closes, a forged refusal does not",
            """
            > S 999                    => forward synSent
            < RA 0 ack 77              => drop(invalidReset) synSent
            < R 0                      => drop(invalidReset) synSent
            < RA 0 ack 1000            => forward closed
            """),
        TCPScript(
            "SESS-5 a SYN on an established session is forwarded and disturbs nothing",
            open + """

                +10
                > S 70000                  => forward established keeps
                < A 5000 ack 1000          => forward established keeps
                < S 70000                  => forward established keeps
                > PA 1000 ack 5000 len 10  => forward established renews
                """),
        TCPScript(
            "SESS-6 a retransmission far left of the window passes",
            """
            > S 999                    => forward synSent
            < SA 4999 ack 1000 win 1000 => forward synReceived
            > A 1000 ack 5000          => forward established
            > PA 1000 ack 5000 len 500 => forward established
            < A 5000 ack 1500 win 1000 => forward established
            > PA 1500 ack 5000 len 900 => forward established
            < A 5000 ack 2400 win 1000 => forward established
            > PA 2400 ack 5000 len 900 => forward established
            < A 5000 ack 3300 win 1000 => forward established
            +10
            > PA 1000 ack 5000 len 500 => forward established keeps
            """),
        TCPScript(
            "SESS-2 a responder with an old session of this 5-tuple is cleared",
            """
            > S 999                    => forward synSent
            < A 7000 ack 300           => forward synSent keeps
            > R 300                    => forward synSent keeps
            > S 999                    => forward synSent
            < SA 4999 ack 1000         => forward synReceived
            """),
        TCPScript(
            "SESS-2 window scaling applies when both ends offer it",
            """
            > S 999 ws 7               => forward synSent
            < SA 4999 ack 1000 ws 2 win 1000 => forward synReceived
            > A 1000 ack 5000 win 100  => forward established
            < A 5000 ack 1000 win 1000 => forward established
            > PA 4500 ack 5000 len 400 => forward established
            > PA 6000 ack 5000 len 10  => drop(outOfWindow) established
            < PA 17000 ack 1000 len 800 => forward established
            """),
        TCPScript(
            "SESS-2 window scaling does not apply when one end does not offer it",
            """
            > S 999 ws 7               => forward synSent
            < SA 4999 ack 1000 win 1000 => forward synReceived
            > A 1000 ack 5000 win 100  => forward established
            < PA 69500 ack 1000 len 1400 => drop(outOfWindow) established
            < PA 71000 ack 1000 len 10 => drop(outOfWindow) established
            """),
        TCPScript(
            "SESS-2 sequence numbers wrap",
            """
            > S 4294967290             => forward synSent
            < SA 4294967294 ack 4294967291 => forward synReceived
            > A 4294967291 ack 4294967295 => forward established
            > PA 4294967291 ack 4294967295 len 100 => forward established
            < A 4294967295 ack 95      => forward established
            < PA 4294967295 ack 95 len 10 => forward established
            > A 95 ack 9               => forward established
            < R 9                      => forward closed
            """),
        TCPScript(
            "RST-2 a tombstone answers all segments except a RST, and a new SYN ends it",
            open + """

                ! resetting
                > PA 1000 ack 5000 len 10  => answerReset(tombstone) resetting
                < A 5000 ack 1000          => answerReset(tombstone) resetting
                < R 5000                   => drop(tombstone) resetting
                > S 999                    => answerReset(tombstone) resetting
                > S 88000                  => forward synSent renews
                < SA 4999 ack 88001        => forward synReceived
                """),
        TCPScript(
            "SESS-2 a new SYN takes the place of a closed session",
            open + """

                < R 5000                   => forward closed
                > S 88000                  => forward synSent renews
                """),
        TCPScript(
            "IDLE-6 a SYN for a session that is being ended is dropped",
            open + """

                ! ending
                > S 88000                  => drop(sessionEnding) ending
                > A 1000 ack 5000          => drop(noSession) ending
                """),
        TCPScript(
            "BAD-3 blind data and blind RSTs neither end a session nor restart its timer",
            open + """

                +10
                > PA 2000000000 ack 5000 len 10 => drop(outOfWindow) established keeps
                > PA 3000000000 ack 5000 len 10 => forward established keeps
                < A 5000 ack 1000          => forward established keeps
                > PA 1000 ack 3000000000 len 10 => drop(outOfWindow) established keeps
                > R 3000000000             => drop(invalidReset) established keeps
                > S 3000000000             => forward established keeps
                < A 5000 ack 1000          => forward established keeps
                > PA 4294000000 ack 5000 len 10 => forward established keeps
                < A 5000 ack 1000          => forward established keeps
                """),
        TCPScript(
            "BAD-3 blind SYNs cannot starve keep-alives",
            open + """

                +10
                < S 3000000000             => forward established keeps
                > A 999 ack 5000           => forward established renews
                """),
    ]

    /// The cases in which an end may start again (RFC 9293, 3.5 and 3.10.7), what servers behind balancers do, and what
    /// an attacker may try.
    private static let beginningAgain: [TCPScript] = [
        TCPScript(
            "SESS-2 a SYN, an RST, and the same SYN",
            """
            > S 999                    => forward synSent renews
            > R 1000                   => forward closed
            +1
            > S 999                    => forward synSent renews
            < SA 4999 ack 1000         => forward synReceived renews
            > A 1000 ack 5000          => forward established renews
            """),
        TCPScript(
            "SESS-2 a refused SYN is sent again with the same sequence number",
            """
            > S 999                    => forward synSent
            < RA 0 ack 1000            => forward closed
            > S 999                    => forward synSent renews
            < SA 4999 ack 1000         => forward synReceived
            > A 1000 ack 5000          => forward established
            """),
        TCPScript(
            "SESS-2 a server resets its SYN-ACK, and the client tries again",
            """
            > S 999                    => forward synSent
            < SA 4999 ack 1000         => forward synReceived
            < R 5000                   => forward closed
            > S 999                    => forward synSent renews
            < SA 8999 ack 1000         => forward synReceived
            > A 1000 ack 9000          => forward established
            """),
        TCPScript(
            "SESS-2 a server resets a connection that has carried no data, and the client tries again",
            open + """

                < R 5000                   => forward closed
                > S 999                    => forward synSent renews
                < SA 8999 ack 1000         => forward synReceived
                > A 1000 ack 9000          => forward established
                """),
        TCPScript(
            "SESS-2 a SYN with another sequence number, before any answer",
            """
            > S 999                    => forward synSent renews
            +5
            > S 70000                  => forward synSent keeps
            < SA 4999 ack 70001        => forward synReceived renews
            > A 70001 ack 5000         => forward established
            > PA 70001 ack 5000 len 10 => forward established
            """),
        TCPScript(
            "SESS-2 a SYN with another sequence number, after the answer: the responder begins again",
            """
            > S 999 ws 7               => forward synSent
            < SA 4999 ack 1000         => forward synReceived renews
            +5
            > S 70000 ws 7             => forward synReceived keeps
            < SA 8999 ack 70001 ws 2   => forward synReceived keeps
            > A 70001 ack 9000 win 100 => forward established renews
            < PA 21000 ack 70001 len 800 => forward established
            > PA 70001 ack 9000 len 10 => forward established
            < PA 9000 ack 70011 len 10 => forward established
            < R 21800                  => forward closed
            """),
        TCPScript(
            "SESS-2 a SYN with another sequence number, after the answer: the responder challenges it (RFC 5961)",
            """
            > S 999                    => forward synSent
            < SA 4999 ack 1000         => forward synReceived
            > S 70000                  => forward synReceived
            < A 5000 ack 1000          => forward synReceived
            > R 1000                   => forward closed
            > S 70000                  => forward synSent renews
            < SA 8999 ack 70001        => forward synReceived
            > A 70001 ack 9000         => forward established
            """),
        TCPScript(
            "SESS-2 a SYN with another sequence number, after the answer: the responder refuses it",
            """
            > S 999                    => forward synSent
            < SA 4999 ack 1000         => forward synReceived
            > S 70000                  => forward synReceived
            < RA 0 ack 70001           => forward synReceived keeps
            < RA 0 ack 80001           => drop(invalidReset) synReceived
            > S 70000                  => forward synReceived
            < SA 8999 ack 70001        => forward synReceived
            > A 70001 ack 9000         => forward established
            """),
        TCPScript(
            "SESS-2 two servers behind a balancer answer one SYN, and the client takes the first",
            """
            > S 999                    => forward synSent
            < SA 4999 ack 1000         => forward synReceived renews
            +5
            < SA 8999 ack 1000         => forward synReceived keeps
            > A 1000 ack 5000          => forward established renews
            < PA 5000 ack 1000 len 10  => forward established
            < SA 8999 ack 1000         => drop(outOfWindow) established
            < R 9000                   => forward established
            """),
        TCPScript(
            "SESS-2 two servers behind a balancer answer one SYN, and the client takes the second",
            """
            > S 999 ws 3               => forward synSent
            < SA 4999 ack 1000         => forward synReceived renews
            +5
            < SA 900008999 ack 1000 ws 2 => forward synReceived keeps
            > A 1000 ack 900009000 win 30000 => forward established renews
            < PA 900109000 ack 1000 len 10 => forward established
            """),
        TCPScript(
            "SESS-2 a server without state answers each SYN with a new sequence number (SYN cookies)",
            """
            > S 999                    => forward synSent
            < SA 4999 ack 1000         => forward synReceived
            > S 999                    => forward synReceived
            < SA 500004999 ack 1000    => forward synReceived keeps
            > S 999                    => forward synReceived
            < SA 3000004999 ack 1000   => forward synReceived keeps
            < R 500005000              => forward synReceived keeps
            > A 1000 ack 3000005000    => forward established
            """),
        TCPScript(
            "SESS-2 an old SYN is answered, rejected, and the new one connects (RFC 9293, figure 9)",
            """
            > S 90                     => forward synSent
            > S 100                    => forward synSent
            < SA 300 ack 91            => forward synSent keeps
            > R 91                     => forward synSent keeps
            < SA 400 ack 101           => forward synReceived renews
            > A 101 ack 401            => forward established
            """),
        TCPScript(
            "SESS-2 an end that has crashed comes back to a session that has not (RFC 9293, figure 10)",
            open + """

                +10
                > S 70000                  => forward established keeps
                < A 5000 ack 1000          => forward established
                > R 1000                   => forward closed
                > S 70000                  => forward synSent renews
                < SA 8999 ack 70001        => forward synReceived
                > A 70001 ack 9000         => forward established
                """),
        TCPScript(
            "SESS-2 both ends have lost an open session: the next SYN begins a new one",
            open + """

                > PA 1000 ack 5000 len 10  => forward established
                > S 70000                  => forward established
                < SA 8999 ack 70001        => drop(sessionEnding) closed
                > S 70000                  => forward synSent renews
                < SA 8999 ack 70001        => forward synReceived
                > A 70001 ack 9000         => forward established
                """),
        TCPScript(
            "SESS-2 a server in TIME-WAIT takes a new SYN while the session seems to be closing (RFC 6191)",
            open + """

                < FA 5000 ack 1000         => forward closing
                > FA 1000 ack 5001         => forward closing
                > S 70000                  => forward closing keeps
                < SA 8999 ack 70001        => drop(sessionEnding) closed
                > S 70000                  => forward synSent
                < SA 8999 ack 70001        => forward synReceived
                > A 70001 ack 9000         => forward established
                """),
        TCPScript(
            "SESS-2 a server that has lost an open session refuses a SYN",
            open + """

                > S 70000                  => forward established keeps
                < RA 0 ack 70001           => forward established keeps
                > S 70000                  => forward established
                < SA 8999 ack 70001        => drop(sessionEnding) closed
                """),
        TCPScript(
            "SESS-2 both ends open at once, and one of them has sent another SYN before",
            """
            > S 999                    => forward synSent
            > S 1999                   => forward synSent
            < S 4999                   => forward synReceived
            > SA 1999 ack 5000         => forward synReceived
            < SA 4999 ack 2000         => forward synReceived
            > A 2000 ack 5000          => forward established
            """),
        TCPScript(
            "BAD-3 a forged SYN does not break the handshake, whenever it arrives",
            """
            > S 999                    => forward synSent
            > S 3000000000             => forward synSent keeps
            < SA 4999 ack 1000         => forward synSent keeps
            > A 1000 ack 5000          => forward established renews
            > PA 1000 ack 5000 len 10  => forward established
            < PA 5000 ack 1010 len 10  => forward established
            """),
        TCPScript(
            "BAD-3 a forged SYN of the server does not break the handshake",
            """
            > S 999                    => forward synSent
            < S 3000000000             => forward synReceived
            < SA 4999 ack 1000         => forward synReceived
            > A 1000 ack 5000          => forward established
            < PA 5000 ack 1000 len 10  => forward established
            """),
        TCPScript(
            "BAD-3 forged segments that acknowledge no SYN do not change the handshake",
            """
            > S 999                    => forward synSent
            < SA 4999 ack 1000         => forward synReceived
            < SA 8999 ack 123456789    => drop(outOfWindow) synReceived keeps
            > A 1000 ack 9000000       => drop(outOfWindow) synReceived keeps
            > A 70001 ack 9000000      => drop(outOfWindow) synReceived keeps
            > R 3000000000             => drop(invalidReset) synReceived keeps
            < RA 0 ack 123456789       => drop(invalidReset) synReceived keeps
            > A 1000 ack 5000          => forward established
            < SA 8999 ack 123456789    => drop(outOfWindow) established
            < SA 8999 ack 1000         => drop(outOfWindow) established
            """),
        TCPScript(
            "BAD-3 a forged SYN on an open session causes the responder's challenge ACK, and nothing else",
            open + """

                +10
                > S 3000000000             => forward established keeps
                < A 5000 ack 1000          => forward established keeps
                > A 3000000001 ack 5000    => forward established keeps
                < SA 4999 ack 1000         => forward established keeps
                > PA 1000 ack 5000 len 10  => forward established renews
                """),
        TCPScript(
            "BAD-3 a late answer to an earlier SYN does not end the session",
            """
            > S 999                    => forward synSent
            > S 70000                  => forward synSent
            < SA 4999 ack 70001        => forward synReceived
            > A 70001 ack 5000         => forward established
            < SA 8999 ack 1000         => drop(outOfWindow) established
            > PA 70001 ack 5000 len 10 => forward established
            """),
        TCPScript(
            "SESS-4 a late inexact RST on a closed session passes (conntrack_inexact_rst)",
            """
            > S 0                      => forward synSent
            < SA 1 ack 1               => forward synReceived
            > A 1 ack 2                => forward established
            < A 2 ack 1 len 1000       => forward established
            < A 1002 ack 1 len 1000    => forward established
            < A 2002 ack 1 len 1000    => forward established
            > A 1 ack 3002             => forward established
            > PA 1 ack 3002 len 1000   => forward established
            < FA 3002 ack 1001         => forward closing
            > A 1001 ack 3003          => forward closing
            > RA 1001 ack 3003         => forward closed
            +6
            < R 2002                   => forward closed keeps
            < R 2000000000             => drop(invalidReset) closed
            """),
    ]
}
