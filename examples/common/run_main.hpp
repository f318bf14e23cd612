// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <iostream>

#include "usage_error.hpp"

namespace examples {

/// The exit status of run(count, values), or 2 for what the user did wrong and 1 for anything else, with a line on
/// standard error.
template <class Run>
int run_main(char const* program, Run const& run, int count, char const* const* values)
{
    try {
        return run(count, values);
    } catch (usage_error const& e) {
        std::cerr << program << ": " << e.what() << "\n";
        return 2;
    } catch (std::exception const& e) {
        std::cerr << program << ": " << e.what() << "\n";
        return 1;
    }
}

}  // namespace examples
