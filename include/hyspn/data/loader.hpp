// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <hyspn/core/error.hpp>
#include <hyspn/data/stream.hpp>

/// \file
/// Samples made ahead of their use, on threads of their own.

namespace hyspn::data {

struct loader_options {
    int threads = 1;       ///< at least 1
    index_t capacity = 8;  ///< samples made or being made ahead of the consumer, at least 1
    std::uint64_t seed = 0;
    index_t first = 0;  ///< number of the first sample: to go on where a run ended
};

/// Makes samples number first, first + 1, ... on worker threads and hands them out in this order. Sample k is
/// make(stream, k), where stream = stream_of(seed, k): its content depends neither on the number of threads nor on
/// time. `make` runs on several threads at once and must be safe so.
///
/// What make throws for sample k is thrown by the call of next() that would have returned it; the loader goes on after
/// it. The destructor waits for the samples being made, no longer. next() may be called from one thread at a time.
template <class Sample>
class prefetching_loader {
public:
    using maker = std::function<Sample(random_stream, index_t)>;

    /// Throws value_error for options outside their ranges, std::system_error when a thread cannot be started.
    prefetching_loader(loader_options const& options, maker make)
        : options_(options), make_(std::move(make)), claimed_(options.first), wanted_(options.first)
    {
        using hyspn::detail::require_value;
        require_value(options.threads >= 1, "prefetching_loader", "threads", "at least 1", options.threads);
        require_value(options.capacity >= 1, "prefetching_loader", "capacity", "at least 1",
                      static_cast<double>(options.capacity));
        try {
            for (int k = 0; k < options.threads; ++k) workers_.emplace_back([this] { work(); });
        } catch (...) {
            stop();
            throw;
        }
    }
    prefetching_loader(prefetching_loader const&) = delete;
    prefetching_loader& operator=(prefetching_loader const&) = delete;
    ~prefetching_loader() { stop(); }

    /// The next sample in order; waits until it is made.
    Sample next()
    {
        std::unique_lock lock(mutex_);
        made_.wait(lock, [&] { return ready_.contains(wanted_); });
        auto node = ready_.extract(wanted_++);
        lock.unlock();
        room_.notify_all();
        if (auto* const failed = std::get_if<std::exception_ptr>(&node.mapped())) std::rethrow_exception(*failed);
        return std::move(std::get<Sample>(node.mapped()));
    }

    /// Number of the sample that next() returns.
    index_t position() const { return wanted_; }

private:
    using result = std::variant<std::exception_ptr, Sample>;

    void work()
    {
        for (;;) {
            std::unique_lock lock(mutex_);
            room_.wait(lock, [&] { return stopping_ || claimed_ < wanted_ + options_.capacity; });
            if (stopping_) return;
            index_t const number = claimed_++;
            lock.unlock();
            result one = attempt(number);
            lock.lock();
            ready_.emplace(number, std::move(one));
            lock.unlock();
            made_.notify_one();
        }
    }

    result attempt(index_t number) const
    {
        try {
            return make_(stream_of(options_.seed, number), number);
        } catch (...) {
            return std::current_exception();
        }
    }

    void stop()
    {
        {
            std::lock_guard const lock(mutex_);
            stopping_ = true;
        }
        room_.notify_all();
        for (auto& worker : workers_) worker.join();
    }

    loader_options options_;
    maker make_;
    std::mutex mutex_;
    std::condition_variable made_, room_;
    std::map<index_t, result> ready_;  ///< made, not yet asked for; at most `capacity`
    index_t claimed_;                  ///< number of the next sample to be made
    index_t wanted_;                   ///< number of the next sample to be handed out
    bool stopping_ = false;
    std::vector<std::thread> workers_;
};

}  // namespace hyspn::data
