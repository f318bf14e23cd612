// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// error: safetensors hold float, double, std::int32_t, std::int64_t and std::uint8_t
#include <hyspn/io/safetensors.hpp>

void f(hyspn::io::safetensors& file)
{
#ifdef WRONG
    file.set_scalar("steps", 3UL);
#else
    file.set_scalar("steps", 3);
#endif
}
