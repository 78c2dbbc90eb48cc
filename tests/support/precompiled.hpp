// cmake/precompiled.hpp, and what nearly every test includes.
#include <catch2/catch.hpp>

#include "cmake/precompiled.hpp"
