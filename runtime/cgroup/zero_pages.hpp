#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace longshore::runtime::cgroup {

/// Gives those whole pages of private anonymous memory back that hold nothing but zeros: the kernel
/// shows zeros there again when they are next looked at. Returns their size in bytes. Nobody may
/// write there meanwhile. Source: madvise(2), MADV_DONTNEED.
std::size_t release_zero_pages(std::span<const std::byte> memory);

/// The same for the zero-initialised variables of a loaded library, by the beginning of its file's
/// name. Nobody may call it meanwhile.
std::size_t release_zero_pages_of(std::string_view library);

}  // namespace longshore::runtime::cgroup
