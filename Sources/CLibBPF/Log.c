#define _GNU_SOURCE
// SPDX-License-Identifier: Apache-2.0
#include "CLibBPF.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_CAPACITY = 256 * 1024 };

// One log a thread: threads load and attach independently, and must not read each other's complaints.
static _Thread_local char *log_text;
static _Thread_local size_t log_length;

static int capture(enum libbpf_print_level level, const char *format, va_list arguments) {
    if (level == LIBBPF_DEBUG) return 0;
    char *message = NULL;
    int length = vasprintf(&message, format, arguments);
    if (length < 0) return 0;
    if (log_text == NULL) log_text = calloc(1, LOG_CAPACITY + 1);
    if (log_text != NULL) {
        // A verifier log tells its reason at the end: keep the tail.
        const char *tail = message;
        size_t added = (size_t)length;
        if (added > LOG_CAPACITY) {
            tail += added - LOG_CAPACITY;
            added = LOG_CAPACITY;
        }
        size_t kept = log_length;
        if (kept + added > LOG_CAPACITY) {
            kept = LOG_CAPACITY - added;
            memmove(log_text, log_text + log_length - kept, kept);
        }
        memcpy(log_text + kept, tail, added);
        log_length = kept + added;
        log_text[log_length] = 0;
    }
    free(message);
    return 0;
}

void sluice_bpf_log_capture(void) { libbpf_set_print(capture); }

void sluice_bpf_log_clear(void) {
    log_length = 0;
    if (log_text != NULL) log_text[0] = 0;
}

const char *sluice_bpf_log_text(void) { return log_text == NULL ? "" : log_text; }
