#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "agent/base/error.hpp"

namespace longshore::fuzz {

/// One input, given to the code under test. Each target is a program of its own with its own run().
/// What crashes, hangs, throws or breaks a rule is a finding.
void run(std::string_view input);

/// Ends the process, which the fuzzer keeps the input of, unless `holds`. `rule` is what people
/// read.
void require(bool holds, std::string_view rule);

/// What every error about data from outside must be: InvalidInput, in words.
void require_refusal(const Error& error);

/// `input` cut at its lines "%%" into exactly `count` parts. What is missing is empty; the last
/// part has all that is left.
std::vector<std::string_view> parts(std::string_view input, std::size_t count);

/// Whether `part` is somewhere in `whole`.
inline bool contains(std::string_view whole, std::string_view part) {
  return whole.find(part) != std::string_view::npos;
}

}  // namespace longshore::fuzz
