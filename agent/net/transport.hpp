#pragma once

#include <array>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <utility>

namespace longshore::net {

/// The first few non-empty buffers of a sequence, by value: enough for one gathered system call
/// (a frame header and its payload).
template <typename Buffer>
class BufferList {
 public:
  using value_type = Buffer;
  using const_iterator = const Buffer*;

  template <typename Sequence>
  explicit BufferList(const Sequence& sequence) {
    const auto end = boost::asio::buffer_sequence_end(sequence);
    for (auto it = boost::asio::buffer_sequence_begin(sequence);
         it != end && count_ < items_.size(); ++it) {
      if (const Buffer buffer(*it); buffer.size() > 0) items_[count_++] = buffer;
    }
  }
  const_iterator begin() const { return items_.data(); }
  const_iterator end() const { return items_.data() + count_; }

 private:
  std::array<Buffer, 4> items_{};
  std::size_t count_ = 0;
};

/// What operations of a Transport take: buffers the caller keeps alive, a handler called once.
using ReadBuffers = BufferList<boost::asio::mutable_buffer>;
using WriteBuffers = BufferList<boost::asio::const_buffer>;
using IoHandler = boost::asio::any_completion_handler<void(boost::system::error_code, std::size_t)>;
using DoneHandler = boost::asio::any_completion_handler<void(boost::system::error_code)>;

/// A connected byte stream: TCP, a unix socket, or TLS over either. One type for all of them keeps
/// HTTP and websocket code from being compiled once for each. Call from the event loop only; who
/// starts an operation keeps the transport alive until it ends.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual boost::asio::any_io_executor executor() = 0;
  virtual void async_read_some(ReadBuffers buffers, IoHandler handler) = 0;
  virtual void async_write_some(WriteBuffers buffers, IoHandler handler) = 0;
  /// Says that nothing more will be written (TLS close_notify, TCP FIN). Reading may go on.
  virtual void async_shutdown(DoneHandler handler) = 0;
  /// Cuts the connection; running operations end with an error.
  virtual void close() = 0;
  /// The socket's file descriptor, or -1 once closed. Not owned by the caller.
  virtual int descriptor() = 0;
};

/// A Transport in the shape Asio and Beast expect of a stream.
class AnyStream {
 public:
  using executor_type = boost::asio::any_io_executor;
  using lowest_layer_type = AnyStream;

  explicit AnyStream(std::shared_ptr<Transport> transport) : transport_(std::move(transport)) {}

  executor_type get_executor() { return transport_->executor(); }
  lowest_layer_type& lowest_layer() { return *this; }
  Transport& transport() { return *transport_; }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [](auto handler, Transport* transport, ReadBuffers list) {
          transport->async_read_some(list, IoHandler(std::move(handler)));
        },
        token, transport_.get(), ReadBuffers(buffers));
  }

  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [](auto handler, Transport* transport, WriteBuffers list) {
          transport->async_write_some(list, IoHandler(std::move(handler)));
        },
        token, transport_.get(), WriteBuffers(buffers));
  }

  template <typename Token>
  auto async_shutdown(Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
        [](auto handler, Transport* transport) {
          transport->async_shutdown(DoneHandler(std::move(handler)));
        },
        token, transport_.get());
  }

 private:
  std::shared_ptr<Transport> transport_;
};

}  // namespace longshore::net
