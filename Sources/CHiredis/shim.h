// hiredis: its RESP reader and command formatter; the socket is ours.
#pragma once
#include <sys/time.h>
#include <hiredis/hiredis.h>
