// zlib, for git's object and pack formats.
#pragma once
#include <zlib.h>
