// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLibBPF.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int sluice_give_up_privileges(uint32_t user, uint32_t group) {
    const int is_root = geteuid() == 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    // Needs CAP_SETPCAP; who lacks that may keep a bounding set that no_new_privs has made worthless.
    for (int capability = 0; capability < 64; capability++) {
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno == EINVAL) break;
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) return -1;
    if (is_root) {
        if (setgroups(0, NULL) != 0) return -1;
        if (setresgid(group, group, group) != 0) return -1;
        if (setresuid(user, user, user) != 0) return -1;
    }
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    memset(data, 0, sizeof(data));
    if (syscall(SYS_capset, &header, data) != 0) return -1;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return -1;
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
    // Not believed, but looked at.
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    const unsigned left = data[0].effective | data[0].permitted | data[0].inheritable | data[1].effective
        | data[1].permitted | data[1].inheritable;
    if (left != 0 || geteuid() == 0 || getegid() == 0) {
        errno = EPERM;
        return -1;
    }
    return 0;
}

// What the headers of Linux 6.1 do not have yet.
struct ruleset {
    __u64 files;
    __u64 network;
    __u64 scopes;
};

int sluice_restrict_files(const char *const *paths, unsigned count) {
    const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) return 0;
    struct ruleset rules = {.files = (1ULL << 13) - 1};
    size_t size = sizeof(rules.files);
    if (version >= 2) rules.files |= 1ULL << 13;  // refer
    if (version >= 3) rules.files |= 1ULL << 14;  // truncate
    if (version >= 5) rules.files |= 1ULL << 15;  // ioctl of devices
    if (version >= 4) {
        rules.network = 3;  // bind, connect by TCP
        size += sizeof(rules.network);
    }
    if (version >= 6) {
        rules.scopes = 3;  // abstract sockets, signals
        size += sizeof(rules.scopes);
    }
    const int set = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (set < 0) return -1;
    for (unsigned i = 0; i < count; i++) {
        const int parent = open(paths[i], O_PATH | O_CLOEXEC);
        if (parent < 0) continue;
        struct stat status;
        struct landlock_path_beneath_attr beneath = {
            .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = parent};
        if (fstat(parent, &status) == 0 && S_ISDIR(status.st_mode))
            beneath.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
        const long result = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
        const int error = errno;
        close(parent);
        if (result != 0) {
            close(set);
            errno = error;
            return -1;
        }
    }
    const long result = syscall(SYS_landlock_restrict_self, set, 0);
    const int error = errno;
    close(set);
    errno = error;
    return result == 0 ? (int)version : -1;
}
