// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <hyspn/data/loader.hpp>
#include <hyspn/data/scene.hpp>
#include <hyspn/exec/seq.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::data;

namespace {

using numbered = std::pair<index_t, std::uint64_t>;

/// Samples that take longer the smaller their number within four: threads finish out of order.
numbered slow(random_stream random, index_t k)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(3 - k % 4));
    return {k, random.bits()};
}

}  // namespace

TEST_CASE("prefetching_loader: order and content do not depend on the number of threads")
{
    std::vector<numbered> reference;
    for (index_t k = 0; k < 24; ++k) reference.emplace_back(k, stream_of(5, k).bits());
    for (int threads : {1, 2, 5})
        for (index_t capacity : {1, 3, 40}) {
            prefetching_loader<numbered> loader({.threads = threads, .capacity = capacity, .seed = 5}, slow);
            for (auto const& wanted : reference) CHECK(loader.next() == wanted);
            CHECK(loader.position() == 24);
        }
    prefetching_loader<numbered> later({.threads = 2, .seed = 5, .first = 7}, slow);
    CHECK(later.next() == reference[7]);
    prefetching_loader<numbered> other({.seed = 6}, slow);
    CHECK(other.next().second != reference[0].second);
}

TEST_CASE("prefetching_loader: makes no more ahead than its capacity")
{
    std::atomic<index_t> made{0};
    prefetching_loader<index_t> loader({.threads = 3, .capacity = 4}, [&](random_stream, index_t k) {
        ++made;
        return k;
    });
    for (index_t k = 0; k < 10; ++k) {
        CHECK(loader.next() == k);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        CHECK(made <= k + 1 + 4);
    }
    while (made < 14) std::this_thread::yield();  // and does make that many
}

TEST_CASE("prefetching_loader: an exception reaches the consumer in its place, and the next samples come")
{
    for (int threads : {1, 3}) {
        prefetching_loader<index_t> loader({.threads = threads}, [](random_stream, index_t k) {
            if (k % 3 == 1) throw std::runtime_error("sample " + std::to_string(k));
            return k;
        });
        for (index_t k = 0; k < 12; ++k)
            if (k % 3 == 1)
                CHECK(testing::thrown<std::runtime_error>([&] { loader.next(); }) == "sample " + std::to_string(k));
            else
                CHECK(loader.next() == k);
    }
}

TEST_CASE("prefetching_loader: samples that only move; the destructor waits for no more than is being made")
{
    std::atomic<index_t> made{0};
    {
        prefetching_loader<std::unique_ptr<index_t>> loader(
            {.threads = 2, .capacity = 1000}, [&](random_stream, index_t k) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                ++made;
                return std::make_unique<index_t>(k);
            });
        CHECK(*loader.next() == 0);
    }
    CHECK(made < 1000);
    index_t const then = made;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(made == then);
    prefetching_loader<int> unused({.threads = 4}, [](random_stream, index_t) { return 1; });  // nothing asked for
}

TEST_CASE("prefetching_loader: scenes from threads are those drawn one by one")
{
    auto const make = [](random_stream random, index_t) {
        return render_scene(exec::seq{}, {.height = 20, .width = 30, .seed = random.bits()});
    };
    prefetching_loader<scene_images> loader({.threads = 3, .seed = 8}, make);
    for (index_t k = 0; k < 6; ++k) {
        auto const a = loader.next(), b = make(stream_of(8, k), k);
        CHECK(std::equal(a.rgb.begin(), a.rgb.end(), b.rgb.begin()));
        CHECK(std::equal(a.depth.begin(), a.depth.end(), b.depth.begin()));
    }
}

TEST_CASE("prefetching_loader: errors")
{
    auto const make = [](random_stream, index_t k) { return k; };
    CHECK(testing::thrown<value_error>([&] { prefetching_loader<index_t>({.threads = 0}, make); }) ==
          "prefetching_loader: threads must be at least 1, got 0");
    CHECK(testing::thrown<value_error>([&] { prefetching_loader<index_t>({.capacity = 0}, make); }) ==
          "prefetching_loader: capacity must be at least 1, got 0");
}

TEST_CASE("stream_of: streams of different numbers and seeds differ, also where sums of both agree")
{
    std::vector<std::uint64_t> firsts;
    for (std::uint64_t seed = 0; seed < 30; ++seed)
        for (index_t k = 0; k < 30; ++k) firsts.push_back(stream_of(seed, k).bits());
    std::sort(firsts.begin(), firsts.end());
    CHECK(std::adjacent_find(firsts.begin(), firsts.end()) == firsts.end());
}
