#include "agent/net/https_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "agent/base/result.hpp"
#include "agent/base/text.hpp"
#include "agent/net/dead_peer.hpp"
#include "agent/net/http_head.hpp"
#include "agent/net/proxy.hpp"
#include "agent/net/tls_transport.hpp"
#include "agent/net/url.hpp"

namespace longshore::net {
namespace {

struct EasyCleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiCleanup {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct ListCleanup {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListCleanup>;

/// At the first call, not at the start of the process: loading OpenSSL costs time and memory.
bool curl_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

/// An answer on its way in, filled by libcurl's callbacks.
struct Incoming {
  HttpResponse response{};
  std::size_t max_body_bytes = 0;
  bool too_large = false;
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* target) {
  auto& incoming = *static_cast<Incoming*>(target);
  if (size > incoming.max_body_bytes - incoming.response.body.size()) {
    incoming.too_large = true;
    return 0;  // Fewer bytes than given: libcurl gives up.
  }
  incoming.response.body.append(data, size);
  return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* target) {
  auto& headers = static_cast<Incoming*>(target)->response.headers;
  const std::string_view line(data, size);
  const auto colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    headers.clear();  // An interim answer came before.
  } else if (colon != std::string_view::npos) {
    headers.emplace_back(std::string(line.substr(0, colon)),
                         std::string(trim(line.substr(colon + 1))));
  }
  return size;
}

int prepare_socket(void*, curl_socket_t socket, curlsocktype) {
  end_when_unreachable(socket);
  return CURL_SOCKOPT_OK;
}

/// Called when a connection stands and TLS begins.
CURLcode trust_system(CURL*, void* context, void* tls_begun) {
  *static_cast<bool*>(tls_begun) = true;
  return trust_system_certificates(static_cast<SSL_CTX*>(context)) ? CURLE_OK
                                                                   : CURLE_SSL_CACERT_BADFILE;
}

HeaderList header_list(const Headers& headers) {
  HeaderList list;
  const auto append = [&](const std::string& line) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    (void)list.release();  // Part of the longer one.
    list.reset(longer);
  };
  for (const auto& [name, value] : headers) {
    // libcurl sends a header without a value when it ends in ';'.
    append(value.empty() ? name + ";" : name + ": " + value);
  }
  // What libcurl would add of its own accord.
  for (const char* name : {"Accept", "Content-Type", "Expect"}) {
    if (!find_header(headers, name)) append(std::string(name) + ":");
  }
  return list;
}

Error call_error(CURLcode code, const char* detail, const Incoming& incoming, bool stopped) {
  if (stopped) return {ErrorCode::Unavailable, "stopped"};
  if (incoming.too_large) {
    return {ErrorCode::InvalidInput,
            fmt::format("answer larger than {} bytes", incoming.max_body_bytes)};
  }
  const std::string text = *detail != '\0' ? detail : curl_easy_strerror(code);
  switch (static_cast<int>(code)) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::Timeout, text};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {ErrorCode::InvalidInput, text};
    default:
      return {ErrorCode::Unavailable, text};
  }
}

class Call {
 public:
  explicit Call(const HttpRequest& request)
      : request_(request), headers_(header_list(request.headers)) {
    incoming_.max_body_bytes = request.max_response_bytes;
  }

  /// `is_https`: the service is, so that a proxy has to open a tunnel to it.
  Status prepare(const std::optional<Url>& proxy, bool is_https) {
    if (!easy_ || !multi_ || !headers_) return fail(ErrorCode::Internal, "out of memory");
    set(CURLOPT_ERRORBUFFER, detail_);
    set(CURLOPT_NOSIGNAL, 1L);  // Lanes are threads.
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);  // The path was signed as it stands.
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_TIMEOUT_MS, milliseconds(request_.timeout));
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request_.connect_timeout));
    set(CURLOPT_SOCKOPTFUNCTION, &prepare_socket);
#if LIBCURL_VERSION_NUM >= 0x075700
    // Its thread that looks up a name is left to end alone; else the call would outlive its limit.
    set(CURLOPT_QUICK_EXIT, 1L);
#endif
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, &incoming_);
    set(CURLOPT_HEADERFUNCTION, &take_header);
    set(CURLOPT_HEADERDATA, &incoming_);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set_method();
    set_tls();
    set_proxy(proxy);
    proxied_ = proxy.has_value();
    tunnels_ = is_https && proxied_ && proxy->scheme != "socks5";
    if (failed_ != CURLE_OK) {
      return fail(ErrorCode::InvalidInput, "libcurl: {}", curl_easy_strerror(failed_));
    }
    return {};
  }

  HttpsAnswer perform(const std::stop_token& stop) {
    // Registered before the loop, so that a stop at any moment ends the wait below at once.
    const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
    curl_multi_add_handle(multi_.get(), easy_.get());
    CURLcode code = CURLE_OK;
    bool done = false;
    while (!done && !stop.stop_requested()) {
      int running = 0;
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) {
        code = CURLE_FAILED_INIT;
        break;
      }
      int queued = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &queued)) {
        done = done || message->msg == CURLMSG_DONE;
        code = message->data.result;
      }
      // libcurl shortens the wait to its own next deadline.
      if (!done) curl_multi_poll(multi_.get(), nullptr, 0, kMaxPollMs, nullptr);
    }
    curl_multi_remove_handle(multi_.get(), easy_.get());
    if (!done || code != CURLE_OK) {
      return tl::make_unexpected(HttpsFailure{.error = call_error(code, detail_, incoming_, !done),
                                              .unreachable = done && ended_before_service(code)});
    }
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    incoming_.response.status = static_cast<int>(status);
    return std::move(incoming_.response);
  }

 private:
  static constexpr int kMaxPollMs = 1'000;

  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (failed_ == CURLE_OK) failed_ = code;
  }

  [[nodiscard]] bool ended_before_service(CURLcode code) const {
    switch (static_cast<int>(code)) {
      case CURLE_COULDNT_RESOLVE_HOST:
      case CURLE_COULDNT_RESOLVE_PROXY:
#if LIBCURL_VERSION_NUM >= 0x074900
      case CURLE_PROXY:  // SOCKS
#endif
        return true;
      case CURLE_COULDNT_CONNECT:
        return proxied_ || !was_accepted();
      case CURLE_OPERATION_TIMEDOUT:
        return !is_connected() || !is_tunnel_open();
      default:
        return !is_tunnel_open();
    }
  }

  /// A reset may be quicker than libcurl's look at the new connection. A peer that does not listen
  /// refuses, which is another error.
  [[nodiscard]] bool was_accepted() const {
    long error = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
    return error == ECONNRESET;
  }

  /// To the service, or to its proxy. libcurl's own time may include TLS.
  [[nodiscard]] bool is_connected() const {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONNECT_TIME_T, &microseconds);
    return microseconds > 0 || tls_begun_;
  }

  /// True when none is needed.
  [[nodiscard]] bool is_tunnel_open() const {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &status);
    return !tunnels_ || status / 100 == 2;
  }

  /// libcurl takes 0 for "no limit"; for us it is "no time left".
  static long milliseconds(std::chrono::milliseconds limit) {
    return std::max(1L, static_cast<long>(limit.count()));
  }

  void set_method() {
    if (request_.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
      return;
    }
    if (request_.method != "GET" || !request_.body.empty()) {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
      set(CURLOPT_POSTFIELDS, request_.body.c_str());
    }
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }

  void set_tls() {
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, request_.verify_tls ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, request_.verify_tls ? 2L : 0L);
    // libcurl would parse the system's whole bundle for each call. Only its OpenSSL flavour takes
    // this function; others keep their way.
    if (curl_easy_setopt(easy_.get(), CURLOPT_SSL_CTX_FUNCTION, &trust_system) == CURLE_OK) {
      set(CURLOPT_SSL_CTX_DATA, &tls_begun_);
      set(CURLOPT_CAINFO, static_cast<const char*>(nullptr));
      set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
  }

  void set_proxy(const std::optional<Url>& proxy) {
    // Ours is the decision, so libcurl must not look into the environment itself.
    set(CURLOPT_NOPROXY, "");
    if (!proxy) {
      set(CURLOPT_PROXY, "");
      return;
    }
    // socks5h: the proxy resolves the name, as with CONNECT.
    const std::string scheme = proxy->scheme == "socks5" ? "socks5h" : proxy->scheme;
    set(CURLOPT_PROXY, (scheme + "://" + proxy->authority).c_str());
    set(CURLOPT_PROXYPORT, static_cast<long>(proxy->port));
    if (!proxy->user.empty()) {
      set(CURLOPT_PROXYUSERNAME, proxy->user.c_str());
      set(CURLOPT_PROXYPASSWORD, proxy->password.reveal().c_str());
    }
  }

  const HttpRequest& request_;
  HeaderList headers_;
  Incoming incoming_{};
  CURLcode failed_ = CURLE_OK;
  bool proxied_ = false;
  bool tunnels_ = false;
  bool tls_begun_ = false;
  char detail_[CURL_ERROR_SIZE] = "";
  std::unique_ptr<CURLM, MultiCleanup> multi_{curl_multi_init()};
  std::unique_ptr<CURL, EasyCleanup> easy_{curl_easy_init()};  // Goes before multi_.
};

HttpsAnswer not_sent(Error error) {
  return tl::make_unexpected(HttpsFailure{.error = std::move(error)});
}

HttpsAnswer call(const HttpRequest& request, const std::stop_token& stop) {
  const auto url = parse_url(request.url);
  if (!url) return not_sent(url.error());
  if (url->scheme != "http" && url->scheme != "https") {
    return not_sent({ErrorCode::InvalidInput, "expected http:// or https://"});
  }
  // libcurl sends what it is given: let the same rules decide as for our own client.
  if (const auto head = request_head(request, url->target, url->authority); !head) {
    return not_sent(head.error());
  }
  const auto proxy = choose_proxy(read_proxy_environment(), *url);
  if (!proxy) return not_sent(proxy.error());
  if (!curl_is_ready()) return not_sent({ErrorCode::Internal, "libcurl cannot be initialised"});
  Call running(request);
  if (auto prepared = running.prepare(*proxy, url->scheme == "https"); !prepared) {
    return not_sent(prepared.error());
  }
  return running.perform(stop);
}

}  // namespace

HttpsAnswer https_call(const HttpRequest& request, std::stop_token stop) {
  auto answer = call(request, stop);
  if (!answer) {
    Error& error = answer.error().error;
    error = with_context(request.method + " " + printable_url(request.url), std::move(error));
  }
  return answer;
}

boost::asio::awaitable<HttpsAnswer> HttpsClient::call(HttpRequest request) {
  return run_blocking(lane_, [request = std::move(request), stop = stop_.get_token()] {
    return https_call(request, stop);
  });
}

}  // namespace longshore::net
