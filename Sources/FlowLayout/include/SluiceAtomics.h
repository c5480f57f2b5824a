// SPDX-License-Identifier: Apache-2.0 OR BSD-2-Clause OR GPL-2.0-only
//
// Atomic operations on shared memory, and loads of any alignment, for the kernel program and for processes.
//
// The memory model. It is valid on every processor that Linux supports (ARCHITECTURE.md, "Shared memory"):
// - sluice_compare_exchange and sluice_fetch_add are full barriers, in the kernel program too (eBPF atomics that return
//   a value are fully ordered). Whoever sees the result of one sees everything that was written before it.
// - sluice_load, sluice_store, sluice_add, sluice_or and sluice_and order nothing. They are for single words.
// - A load whose address depends on another load comes after that load (sluice_after makes such an address where there
//   is none).
// - Processes also have sluice_load32_acquire, sluice_store32_release and sluice_fence_loads. The kernel program does
//   not: eBPF has no such instructions before Linux 6.15.
#pragma once

#include <stdint.h>

#define SLUICE_INLINE static inline __attribute__((always_inline))

/// Writes `desired` if the value is `expected`, and returns the old value: equal to `expected` if, and only if, it was
/// written.
SLUICE_INLINE uint64_t sluice_compare_exchange64(uint64_t *_Nonnull at, uint64_t expected, uint64_t desired) {
    return __sync_val_compare_and_swap(at, expected, desired);
}

SLUICE_INLINE uint32_t sluice_compare_exchange32(uint32_t *_Nonnull at, uint32_t expected, uint32_t desired) {
    return __sync_val_compare_and_swap(at, expected, desired);
}

/// The same index, but known only when `loaded` is known: a load from there comes after the load of `loaded`.
SLUICE_INLINE uint32_t sluice_after(uint32_t index, uint64_t loaded) {
    uint64_t same = loaded;
    __asm__ volatile("" : "+r"(same));
    return index + (uint32_t)(same ^ loaded);
}

/// Adds, and returns the old value.
SLUICE_INLINE uint32_t sluice_fetch_add32(uint32_t *_Nonnull at, uint32_t amount) { return __sync_fetch_and_add(at, amount); }

/// Adds without a result (in eBPF that is the cheaper instruction).
SLUICE_INLINE void sluice_add64(uint64_t *_Nonnull at, uint64_t amount) { __sync_fetch_and_add(at, amount); }

SLUICE_INLINE void sluice_or32(uint32_t *_Nonnull at, uint32_t bits) { __sync_fetch_and_or(at, bits); }

SLUICE_INLINE void sluice_and32(uint32_t *_Nonnull at, uint32_t bits) { __sync_fetch_and_and(at, bits); }

SLUICE_INLINE void sluice_or64(uint64_t *_Nonnull at, uint64_t bits) { __sync_fetch_and_or(at, bits); }

SLUICE_INLINE void sluice_and64(uint64_t *_Nonnull at, uint64_t bits) { __sync_fetch_and_and(at, bits); }

/// A load that the compiler neither repeats nor omits.
SLUICE_INLINE uint64_t sluice_load64(const uint64_t *_Nonnull at) { return *(const volatile uint64_t *)at; }

SLUICE_INLINE uint32_t sluice_load32(const uint32_t *_Nonnull at) { return *(const volatile uint32_t *)at; }

SLUICE_INLINE void sluice_store32(uint32_t *_Nonnull at, uint32_t value) { *(volatile uint32_t *)at = value; }

SLUICE_INLINE void sluice_store64(uint64_t *_Nonnull at, uint64_t value) { *(volatile uint64_t *)at = value; }

/// Hides where a value comes from, so that LLVM does not turn arithmetic on it into a branch. A branch on data inside a
/// loop makes the kernel's verifier follow 2^n paths.
SLUICE_INLINE uint64_t sluice_opaque64(uint64_t value) {
    __asm__ volatile("" : "+r"(value));
    return value;
}

/// 1 for 0, 0 for any other value, without a branch.
SLUICE_INLINE uint64_t sluice_is_zero64(uint64_t value) {
    value = sluice_opaque64(value);
    return 1 ^ sluice_opaque64((value | (0 - value)) >> 63);
}

// Loads of network data at any address. The eBPF back end splits a load of unknown alignment into bytes, although the
// kernel's machines can load it at once. A process must not rely on that.
#if defined(__riscv) || defined(__bpf__)
SLUICE_INLINE uint16_t sluice_packet16(const void *_Nonnull at) { return *(const uint16_t *)at; }
SLUICE_INLINE uint32_t sluice_packet32(const void *_Nonnull at) { return *(const uint32_t *)at; }
SLUICE_INLINE uint64_t sluice_packet64(const void *_Nonnull at) { return *(const uint64_t *)at; }
#else
SLUICE_INLINE uint16_t sluice_packet16(const void *_Nonnull at) { uint16_t v; __builtin_memcpy(&v, at, 2); return v; }
SLUICE_INLINE uint32_t sluice_packet32(const void *_Nonnull at) { uint32_t v; __builtin_memcpy(&v, at, 4); return v; }
SLUICE_INLINE uint64_t sluice_packet64(const void *_Nonnull at) { uint64_t v; __builtin_memcpy(&v, at, 8); return v; }
#endif

/// An acquire load: no later load comes before it. It sees everything that was written before the value that it reads.
SLUICE_INLINE uint32_t sluice_load32_acquire(const uint32_t *_Nonnull at) {
#if defined(__riscv) || defined(__bpf__)
    return *(const volatile uint32_t *)at;  // the kernel program orders by exchanges
#else
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
#endif
}

/// No load after it comes before a load in front of it. For processes.
SLUICE_INLINE void sluice_fence_loads(void) {
#if !defined(__riscv) && !defined(__bpf__)
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
}

/// A release store: no earlier store comes after it. It publishes what was written before it.
SLUICE_INLINE void sluice_store32_release(uint32_t *_Nonnull at, uint32_t value) {
#if defined(__riscv) || defined(__bpf__)
    *(volatile uint32_t *)at = value;  // only processes publish
#else
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
#endif
}
