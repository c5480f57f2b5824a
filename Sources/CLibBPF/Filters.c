// SPDX-License-Identifier: Apache-2.0
#include "CLibBPF.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

int sluice_count_filters(int interface_index, int egress) {
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (descriptor < 0) return -errno;
    struct {
        struct nlmsghdr header;
        struct tcmsg body;
    } request = {
        .header = {
            .nlmsg_len = sizeof(request),
            .nlmsg_type = RTM_GETTFILTER,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
        },
        .body = {
            .tcm_family = AF_UNSPEC,
            .tcm_ifindex = interface_index,
            .tcm_parent = TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS),
        },
    };
    int count = 0;
    if (send(descriptor, &request, sizeof(request), 0) < 0) count = -errno;
    while (count >= 0) {
        _Alignas(struct nlmsghdr) char answer[32768];
        ssize_t length = recv(descriptor, answer, sizeof(answer), 0);
        if (length < 0) {
            if (errno == EINTR) continue;
            count = -errno;
            break;
        }
        int done = 0;
        for (struct nlmsghdr *message = (struct nlmsghdr *)answer; NLMSG_OK(message, length);
             message = NLMSG_NEXT(message, length)) {
            if (message->nlmsg_type == NLMSG_DONE) {
                done = 1;
            } else if (message->nlmsg_type == NLMSG_ERROR) {
                count = ((struct nlmsgerr *)NLMSG_DATA(message))->error;
                done = 1;
            } else if (message->nlmsg_type == RTM_NEWTFILTER
                       && ((struct tcmsg *)NLMSG_DATA(message))->tcm_handle != 0) {
                // A filter's protocol and priority are listed on their own too, with handle 0.
                count++;
            }
            if (done) break;
        }
        if (done) break;
    }
    close(descriptor);
    return count;
}
