#include "runtime/breaker.hpp"

namespace longshore::runtime {

void Breaker::open(std::string why) {
  why_ = std::move(why);
  opened_.ring();
}

void Breaker::close() { why_.reset(); }

}  // namespace longshore::runtime
