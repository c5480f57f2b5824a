// The layout is a header. This file gives SwiftPM something to compile, and checks the sizes.
#include "FlowLayout.h"
