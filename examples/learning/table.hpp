// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>

#include "task.hpp"

/// \file
/// Scores as rows of Markdown tables.

namespace learning {

inline std::string rounded(double value)
{
    std::ostringstream text;
    text << std::fixed << std::setprecision(value < 10 ? 4 : 2) << value;
    return text.str();
}

inline void print_header(std::ostream& out, std::string const& first, scores const& columns)
{
    out << "| " << first << " |";
    for (auto const& column : columns) out << " " << column.first << " |";
    out << "\n|---|";
    for (std::size_t k = 0; k < columns.size(); ++k) out << "---|";
    out << "\n";
}

inline void print_row(std::ostream& out, std::string const& name, scores const& row)
{
    out << "| " << name << " |";
    for (auto const& cell : row) out << " " << rounded(cell.second) << " |";
    out << "\n";
}

}  // namespace learning
