// The non-template parts of Asio, once for the whole program (BOOST_ASIO_SEPARATE_COMPILATION).
// TLS and Beast have their own unit, agent/net/asio.cpp.
#include <boost/asio/impl/src.hpp>
