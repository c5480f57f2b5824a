// The layout is a header. This file gives SwiftPM something to compile, and checks the sizes.
#include "SocketLayout.h"

_Static_assert(sizeof(struct sluice_socket) == 104, "a record has no padding at its end");
_Static_assert(sizeof(struct sluice_socket_change) == 64, "a change has no padding at its end");
_Static_assert(sizeof(struct sluice_guard_state) == 40, "a guard's state has no padding at its end");
