// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

namespace examples {

/// Names and times the stages of the work, and shows a bar on standard error where a person may be watching.
class progress {
public:
    progress(int stages, bool quiet) : stages_(stages), shown_(!quiet && isatty(STDERR_FILENO) == 1) {}
    progress(progress const&) = delete;
    progress& operator=(progress const&) = delete;
    ~progress() { clear(); }

    /// Ends the stage before, if any.
    void begin(std::string name)
    {
        end();
        times_.emplace_back(std::move(name), 0.0);
        started_ = clock::now();
        show(0);
    }

    /// Part of the current stage that is done, 0 to 1.
    void show(double done) const
    {
        if (!shown_ || times_.empty()) return;
        constexpr int length = 30;
        double const all = (static_cast<double>(times_.size()) - 1 + done) / stages_;
        int const filled = static_cast<int>(all * length + 0.5);
        std::string bar(static_cast<std::size_t>(length), ' ');
        for (int k = 0; k < filled && k < length; ++k) bar[static_cast<std::size_t>(k)] = '#';
        std::fprintf(stderr, "\r[%s] %3.0f %%  %-24s", bar.c_str(), 100 * all, times_.back().first.c_str());
        std::fflush(stderr);
    }

    void end()
    {
        if (!times_.empty() && times_.back().second == 0)
            times_.back().second = std::chrono::duration<double>(clock::now() - started_).count();
    }

    /// Wipes the bar away, so that other text can be printed.
    void clear()
    {
        end();
        if (shown_) std::fprintf(stderr, "\r%60s\r", "");
        shown_ = false;
    }

    /// Stages and their seconds, in order.
    std::vector<std::pair<std::string, double>> const& times() const { return times_; }

private:
    using clock = std::chrono::steady_clock;

    int stages_;
    bool shown_;
    clock::time_point started_{};
    std::vector<std::pair<std::string, double>> times_;
};

}  // namespace examples
