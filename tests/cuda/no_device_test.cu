// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/exec/cuda.cuh>

namespace hyspn::testing {

TEST_CASE("Without a device nothing crashes: the failed call is named")
{
    CHECK_FALSE(exec::cuda_available());
    auto const message = thrown<cuda_error>([] { tensor<float, 1, memory::device>(4); });
    CHECK(message.find("cudaGetDevice failed: ") == 0);
    CHECK(message.size() > std::string("cudaGetDevice failed: ").size());
    CHECK_NOTHROW(tensor<float, 1, memory::device>(0));
}

}  // namespace hyspn::testing
