// cmark-gfm: where the blocks of a Markdown text begin.
#pragma once
#include <cmark-gfm.h>
