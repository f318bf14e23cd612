// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/core/tensor.hpp>

namespace hyspn::testing {

using label_image = tensor<std::int32_t, 2>;

/// One digit a pixel, one string a row; '.' is −1.
inline label_image label_image_of(std::vector<std::string> const& rows)
{
    label_image image(rows.size(), rows.at(0).size());
    for (index_t i = 0; i < image.extent(0); ++i)
        for (index_t j = 0; j < image.extent(1); ++j) {
            char const c = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
            image(i, j) = c == '.' ? -1 : c - '0';
        }
    return image;
}

/// Blocks of labels with some of them astray, so that there are boundaries and areas.
inline label_image random_label_image(index_t h, index_t w, index_t classes, bool holes, std::uint64_t seed)
{
    label_image image(h, w);
    random_stream random(seed);
    index_t const blocks = (h / 4 + 1) * (w / 5 + 1);
    std::vector<std::int32_t> label(static_cast<std::size_t>(blocks));
    for (auto& l : label) l = static_cast<std::int32_t>(random.below(classes));
    for (index_t i = 0; i < h; ++i)
        for (index_t j = 0; j < w; ++j) {
            image(i, j) = label[static_cast<std::size_t>((i / 4) * (w / 5 + 1) + j / 5)];
            if (random.below(20) == 0) image(i, j) = static_cast<std::int32_t>(random.below(classes));
            if (holes && random.below(9) == 0) image(i, j) = -1;
        }
    return image;
}

}  // namespace hyspn::testing
