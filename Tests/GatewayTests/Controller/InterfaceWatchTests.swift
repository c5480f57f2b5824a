import Testing

@testable import Gateway

@Suite struct InterfaceWatchTests {
    @Test(
        "BAD-5 the directive for each state of a zone interface",
        arguments: [
            (1, 1, true, .none),
            (1, 1, false, .attachAgain),
            (1, nil, false, .forget(index: 1)),
            (nil, nil, false, .missing),
            (nil, 2, false, .attach(forgetting: nil)),
            (1, 2, false, .attach(forgetting: 1)),
        ] as [(Int?, Int?, Bool, InterfaceWatch.Directive)])
    func decide(known: Int?, present: Int?, isAttached: Bool, expected: InterfaceWatch.Directive) {
        let seen = InterfaceWatch.Observation(knownIndex: known, presentIndex: present, isAttached: isAttached)
        #expect(InterfaceWatch.decide(seen) == expected)
    }
}
