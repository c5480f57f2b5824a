/// The scripts that FlowCore and the kernel program must both pass.
package enum TCPScripts {
    private static let open = """
        > S 999                    => forward synSent renews
        < SA 4999 ack 1000         => forward synReceived renews
        > A 1000 ack 5000          => forward established renews
        """

    package static let all: [TCPScript] = [
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
            "SESS-3 what is dropped does not restart the timer",
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
            "SESS-2 window scaling holds when both offer it",
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
            "SESS-2 window scaling does not hold when one end does not offer it",
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
            "RST-2 a tombstone answers, but no RST, and a new SYN ends it",
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
                > S 999                    => forward closed
                > S 88000                  => forward synSent renews
                """),
        TCPScript(
            "IDLE-6 a SYN that meets a session being taken down is dropped",
            open + """

                ! ending
                > S 88000                  => drop(sessionEnding) ending
                > A 1000 ack 5000          => drop(noSession) ending
                """),
        TCPScript(
            "BAD-3 blind data and blind resets neither end nor renew",
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
}
