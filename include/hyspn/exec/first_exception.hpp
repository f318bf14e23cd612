// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <exception>

namespace hyspn::exec::detail {

/// Carries an exception out of a parallel region, which none may leave by itself: the first in time, the rest are
/// dropped.
class first_exception {
public:
    /// Calls f unless something has failed before.
    template <class F>
    void guard(F const& f) noexcept
    {
        if (failed_.load(std::memory_order_relaxed)) return;
        try {
            f();
        } catch (...) {
            if (!failed_.exchange(true)) what_ = std::current_exception();
        }
    }

    bool failed() const { return failed_.load(std::memory_order_relaxed); }

    /// After the region.
    void rethrow() const
    {
        if (what_) std::rethrow_exception(what_);
    }

private:
    std::atomic<bool> failed_{false};
    std::exception_ptr what_{};  ///< written by the one thread that sets failed_
};

}  // namespace hyspn::exec::detail
