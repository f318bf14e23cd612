// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The order in which rows of several stages are visited.

#include <atomic>
#include <vector>

#include <hyspn/backends/omp/propagation/rows_in_time.hpp>

#include "support/catch.hpp"

using namespace hyspn;

TEST_CASE("propagation: every row of every stage comes once, after the rows of the stage before that it needs")
{
    for (int threads : {1, 2, 3, 7, 50})
        for (index_t images : {0, 1, 2})
            for (index_t height : {0, 1, 5, 24, 61})
                for (index_t stages : {0, 1, 2, 5})
                    for (index_t reach : {1, 3}) {
                        // How many stages of each row are done. A row of a stage may then also overwrite what the stage
                        // two before left there: all who read that are done as well.
                        std::vector<std::atomic<index_t>> done(static_cast<std::size_t>(images * height));
                        std::atomic<bool> ordered = true;
                        auto const row = [&](index_t n, index_t y) -> std::atomic<index_t>& {
                            return done[static_cast<std::size_t>(n * height + y)];
                        };
                        hyspn::detail::for_rows_in_time(exec::omp{.threads = threads}, images, height, stages, reach,
                                                        [&](index_t n, index_t stage, index_t y) {
                                                            for (index_t v = std::max<index_t>(0, y - reach);
                                                                 v <= y + reach && v < height; ++v)
                                                                if (row(n, v) < stage) ordered = false;
                                                            if (row(n, y)++ != stage) ordered = false;
                                                        });
                        INFO(threads << " threads, " << images << " images of " << height << " rows, " << stages
                                     << " stages of reach " << reach);
                        CHECK(ordered);
                        for (auto const& count : done) CHECK(count == stages);
                    }
}
