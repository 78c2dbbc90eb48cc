#include "agent/net/socket_transport.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace longshore::net {
namespace {

template <typename Socket>
class SocketTransport final : public Transport {
 public:
  explicit SocketTransport(Socket socket) : socket_(std::move(socket)) {}

  boost::asio::any_io_executor executor() override { return socket_.get_executor(); }

  void async_read_some(ReadBuffers buffers, IoHandler handler) override {
    socket_.async_read_some(buffers, std::move(handler));
  }

  void async_write_some(WriteBuffers buffers, IoHandler handler) override {
    socket_.async_write_some(buffers, std::move(handler));
  }

  void async_shutdown(DoneHandler handler) override {
    boost::system::error_code ec;
    socket_.shutdown(Socket::shutdown_send, ec);
    boost::asio::post(socket_.get_executor(),
                      [ec, h = std::move(handler)]() mutable { std::move(h)(ec); });
  }

  void close() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  int descriptor() override { return socket_.is_open() ? socket_.native_handle() : -1; }

 private:
  Socket socket_;
};

}  // namespace

std::shared_ptr<Transport> socket_transport(boost::asio::ip::tcp::socket socket) {
  boost::system::error_code ignored;
  socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  return std::make_shared<SocketTransport<boost::asio::ip::tcp::socket>>(std::move(socket));
}

std::shared_ptr<Transport> socket_transport(boost::asio::local::stream_protocol::socket socket) {
  return std::make_shared<SocketTransport<boost::asio::local::stream_protocol::socket>>(
      std::move(socket));
}

}  // namespace longshore::net
