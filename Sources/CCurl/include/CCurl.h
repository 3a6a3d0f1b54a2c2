// libcurl, opened when it is first needed.
//
// It brings some twenty libraries along, which would cost every start of the program some milliseconds, and most starts
// never speak HTTP. Its types and constants are those of its own header; its functions are these, with a prefix.
#pragma once
#include <stdbool.h>
// The type checks of its macros are for C callers.
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>

/// Opens libcurl and starts it up, once; every other function needs that first. False when it is not on the machine.
bool membank_curl_open(void);

CURL *membank_curl_easy_init(void);
void membank_curl_easy_cleanup(CURL *handle);
void membank_curl_easy_reset(CURL *handle);
const char *membank_curl_easy_strerror(CURLcode code);
struct curl_header *membank_curl_easy_nextheader(CURL *handle, unsigned int origin, int request, struct curl_header *previous);

CURLM *membank_curl_multi_init(void);
void membank_curl_multi_cleanup(CURLM *multi);
void membank_curl_multi_add(CURLM *multi, CURL *handle);
void membank_curl_multi_remove(CURLM *multi, CURL *handle);
void membank_curl_multi_perform(CURLM *multi, int *running);
/// Waits for the transfers' sockets and one more descriptor; says whether that one is readable. -1: there is none.
bool membank_curl_multi_poll(CURLM *multi, int descriptor, int milliseconds);
/// Whether a transfer has ended, and how.
bool membank_curl_multi_result(CURLM *multi, CURLcode *code);

struct curl_slist *membank_curl_slist_append(struct curl_slist *list, const char *text);
void membank_curl_slist_free(struct curl_slist *list);

CURLU *membank_curl_url(const char *text);
void membank_curl_url_cleanup(CURLU *url);
/// A part of a URL, to be freed with `free`; NULL where it has none.
char *membank_curl_url_part(CURLU *url, CURLUPart part);

// Options are variadic, which Swift can't call: one function for each type that an option takes.
void membank_curl_set_long(CURL *handle, CURLoption option, long value);
void membank_curl_set_size(CURL *handle, CURLoption option, curl_off_t value);
void membank_curl_set_text(CURL *handle, CURLoption option, const char *value);
void membank_curl_set_pointer(CURL *handle, CURLoption option, const void *value);
void membank_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);
typedef size_t (*membank_curl_receiver)(char *bytes, size_t size, size_t count, void *target);
void membank_curl_set_receiver(CURL *handle, membank_curl_receiver value);
long membank_curl_get_long(CURL *handle, CURLINFO info);
curl_off_t membank_curl_get_size(CURL *handle, CURLINFO info);
void membank_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);
