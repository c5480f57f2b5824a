// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Numbers of FlowCore's enums that the C side needs; Tests/DatapathTests/NumberTests.swift holds them against the enums.
#pragma once

enum {
    ACTION_FORWARD = 1,
    ACTION_DROP = 2,
    ACTION_ANSWER_RESET = 3,
    ACTION_HOST = 4,
    ACTION_UNROUTABLE = 5,
    ACTION_NO_SESSION_YET = 6,
    ACTION_PARSED = 7,
    ROUTE_FORWARD = 1,
    ROUTE_FORWARD_SLOWLY = 2,
    ROUTE_HOST = 3,
    ROUTE_UNREACHABLE = 4,
    REASON_MALFORMED = 0,
    REASON_WRONG_ZONE = 10,
    REASON_NO_ROUTE = 11,
    FLAG_FOLLOWS_CLOSELY = 32,
    COUNTER_FORWARDED_PACKETS = 64,
    COUNTER_FORWARDED_BYTES = 65,
    COUNTER_SLOW_PATH = 66,
    COUNTER_HOST = 67,
    COUNTER_RESETS_ANSWERED = 69,
    COUNTER_EVENTS_LOST = 70,
    COUNTER_EVENTS_SUPPRESSED = 71,
};
