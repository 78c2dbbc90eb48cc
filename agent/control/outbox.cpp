#include "agent/control/outbox.hpp"

#include <utility>

#include "agent/base/log.hpp"

namespace longshore::control {

void Outbox::push(std::string frame) {
  if (closed_) return;
  if (frames_.size() >= kMaxFrames || bytes_ + frame.size() > kMaxBytes) {
    log_warn("ACS: the server does not read; an answer is dropped");
    return;
  }
  bytes_ += frame.size();
  frames_.push_back(std::move(frame));
  filled_.set();
}

void Outbox::close() {
  closed_ = true;
  frames_.clear();
  bytes_ = 0;
}

boost::asio::awaitable<std::string> Outbox::next() {
  while (frames_.empty()) co_await filled_.wait();
  std::string frame = std::move(frames_.front());
  frames_.pop_front();
  bytes_ -= frame.size();
  co_return frame;
}

}  // namespace longshore::control
