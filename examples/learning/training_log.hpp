// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training_run.hpp"

namespace learning {

/// Rows as comma-separated values, one a step; the file appears whole. Throws io_error.
void write_log(std::filesystem::path const& file, std::vector<log_row> const& log);

/// Such a file. Throws usage_error.
std::vector<log_row> read_log(std::filesystem::path const& file);

/// The loss and the first of the validation scores over the steps, as an SVG. Throws io_error.
void write_curve(std::filesystem::path const& file, std::vector<log_row> const& log);

}  // namespace learning
