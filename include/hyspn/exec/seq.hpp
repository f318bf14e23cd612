// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/exec/chunked.hpp>
#include <hyspn/exec/policy.hpp>

/// \file
/// One thread, plain loops: the reference every other policy is held against.

namespace hyspn::exec {

/// Runs on the calling thread, in index order.
struct seq {
    using memory_space = memory::host;
    static constexpr bool is_execution_policy = true;
};

/// Calls f(i) for every index of `shape`.
template <class F>
void parallel_for(seq const&, dims<1> const& shape, F const& f)
{
    for (index_t i = 0; i < shape[0]; ++i) f(i);
}

template <class F>
void parallel_for(seq const&, dims<2> const& shape, F const& f)
{
    for (index_t i = 0; i < shape[0]; ++i)
        for (index_t j = 0; j < shape[1]; ++j) f(i, j);
}

template <class F>
void parallel_for(seq const&, dims<3> const& shape, F const& f)
{
    for (index_t i = 0; i < shape[0]; ++i)
        for (index_t j = 0; j < shape[1]; ++j)
            for (index_t k = 0; k < shape[2]; ++k) f(i, j, k);
}

template <class F>
void parallel_for(seq const&, dims<4> const& shape, F const& f)
{
    for (index_t i = 0; i < shape[0]; ++i)
        for (index_t j = 0; j < shape[1]; ++j)
            for (index_t k = 0; k < shape[2]; ++k)
                for (index_t l = 0; l < shape[3]; ++l) f(i, j, k, l);
}

/// Recurrences along an axis: f(line, t) for t = 0, 1, ..., length-1 in this order, lines independently of each other.
template <class F>
void scan_lines(seq const&, index_t lines, index_t length, F const& f)
{
    for (index_t line = 0; line < lines; ++line)
        for (index_t t = 0; t < length; ++t) f(line, t);
}

/// Sum of f(i) over 0 <= i < n in the fixed order of exec/chunked.hpp: the same bits from every policy and any number
/// of threads.
template <class F>
auto reduce(seq const&, index_t n, F const& f)
{
    return detail::reduce_levels(n, f, [](index_t chunks, auto&& one) {
        for (index_t c = 0; c < chunks; ++c) one(c);
    });
}

}  // namespace hyspn::exec
