#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define FUNCTIONS(X)                                                                                                   \
  X(curl_global_init)                                                                                                  \
  X(curl_easy_init)                                                                                                    \
  X(curl_easy_cleanup)                                                                                                 \
  X(curl_easy_reset)                                                                                                   \
  X(curl_easy_setopt)                                                                                                  \
  X(curl_easy_getinfo)                                                                                                 \
  X(curl_easy_strerror)                                                                                                \
  X(curl_easy_nextheader)                                                                                              \
  X(curl_multi_init)                                                                                                   \
  X(curl_multi_cleanup)                                                                                                \
  X(curl_multi_add_handle)                                                                                             \
  X(curl_multi_remove_handle)                                                                                          \
  X(curl_multi_perform)                                                                                                \
  X(curl_multi_poll)                                                                                                   \
  X(curl_multi_info_read)                                                                                              \
  X(curl_multi_setopt)                                                                                                 \
  X(curl_slist_append)                                                                                                 \
  X(curl_slist_free_all)                                                                                               \
  X(curl_url)                                                                                                          \
  X(curl_url_cleanup)                                                                                                  \
  X(curl_url_set)                                                                                                      \
  X(curl_url_get)                                                                                                      \
  X(curl_free)

// Each with the type that libcurl's own header gives it.
#define DECLARE(name) static __typeof__(&name) p_##name;
FUNCTIONS(DECLARE)

static bool is_open;

static void open_library(void) {
  // Never closed: its threads and its state live as long as the process.
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
#define FIND(name)                                                                                                     \
  *(void **)&p_##name = dlsym(library, #name);                                                                         \
  if (!p_##name) return;
  FUNCTIONS(FIND)
  is_open = p_curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

bool membank_curl_open(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open_library);
  return is_open;
}

CURL *membank_curl_easy_init(void) { return p_curl_easy_init(); }
void membank_curl_easy_cleanup(CURL *handle) { p_curl_easy_cleanup(handle); }
void membank_curl_easy_reset(CURL *handle) { p_curl_easy_reset(handle); }
const char *membank_curl_easy_strerror(CURLcode code) { return p_curl_easy_strerror(code); }
struct curl_header *membank_curl_easy_nextheader(
    CURL *handle, unsigned int origin, int request, struct curl_header *previous) {
  return p_curl_easy_nextheader(handle, origin, request, previous);
}

CURLM *membank_curl_multi_init(void) { return p_curl_multi_init(); }
void membank_curl_multi_cleanup(CURLM *multi) { p_curl_multi_cleanup(multi); }
void membank_curl_multi_add(CURLM *multi, CURL *handle) { p_curl_multi_add_handle(multi, handle); }
void membank_curl_multi_remove(CURLM *multi, CURL *handle) { p_curl_multi_remove_handle(multi, handle); }
void membank_curl_multi_perform(CURLM *multi, int *running) { p_curl_multi_perform(multi, running); }

bool membank_curl_multi_poll(CURLM *multi, int descriptor, int milliseconds) {
  struct curl_waitfd extra = {.fd = descriptor, .events = CURL_WAIT_POLLIN};
  p_curl_multi_poll(multi, &extra, descriptor < 0 ? 0 : 1, milliseconds, NULL);
  return extra.revents != 0;
}

bool membank_curl_multi_result(CURLM *multi, CURLcode *code) {
  int left = 0;
  for (CURLMsg *message; (message = p_curl_multi_info_read(multi, &left));) {
    if (message->msg != CURLMSG_DONE) continue;
    *code = message->data.result;
    return true;
  }
  return false;
}

struct curl_slist *membank_curl_slist_append(struct curl_slist *list, const char *text) {
  return p_curl_slist_append(list, text);
}
void membank_curl_slist_free(struct curl_slist *list) { p_curl_slist_free_all(list); }

CURLU *membank_curl_url(const char *text) {
  CURLU *url = p_curl_url();
  if (url && p_curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK) {
    p_curl_url_cleanup(url);
    return NULL;
  }
  return url;
}
void membank_curl_url_cleanup(CURLU *url) { p_curl_url_cleanup(url); }
char *membank_curl_url_part(CURLU *url, CURLUPart part) {
  char *text = NULL;
  if (p_curl_url_get(url, part, &text, 0) != CURLUE_OK || !text) return NULL;
  char *copy = strdup(text);
  p_curl_free(text);
  return copy;
}

void membank_curl_set_long(CURL *handle, CURLoption option, long value) { p_curl_easy_setopt(handle, option, value); }
void membank_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  p_curl_easy_setopt(handle, option, value);
}
void membank_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  p_curl_easy_setopt(handle, option, value);
}
void membank_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
  p_curl_easy_setopt(handle, option, value);
}
void membank_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  p_curl_easy_setopt(handle, option, value);
}
void membank_curl_set_receiver(CURL *handle, membank_curl_receiver value) {
  p_curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, value);
}
long membank_curl_get_long(CURL *handle, CURLINFO info) {
  long value = 0;
  p_curl_easy_getinfo(handle, info, &value);
  return value;
}
curl_off_t membank_curl_get_size(CURL *handle, CURLINFO info) {
  curl_off_t value = 0;
  p_curl_easy_getinfo(handle, info, &value);
  return value;
}
void membank_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  p_curl_multi_setopt(multi, option, value);
}
