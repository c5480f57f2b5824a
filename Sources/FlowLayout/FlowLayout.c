// The layout is a header; this file gives SwiftPM something to compile, and checks the sizes.
#include "FlowLayout.h"
