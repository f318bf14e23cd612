// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace drawing {

struct colour {
    float red, green, blue;
};

/// Of pixels of which nothing is known.
inline constexpr colour unknown{0.45F, 0.45F, 0.45F};

/// A colour scale of even perceived steps: three polynomials of degree 6, constant term first.
struct colour_map {
    float red[7], green[7], blue[7];

    /// The colour at t in [0, 1].
    colour operator()(float t) const
    {
        float const x = std::clamp(t, 0.0F, 1.0F);
        auto const value = [x](float const(&c)[7]) {
            float y = 0;
            for (int k = 6; k >= 0; --k) y = y * x + c[k];
            return std::clamp(y, 0.0F, 1.0F);
        };
        return {value(red), value(green), value(blue)};
    }
};

// Fits by Matt Zucker (CC0) to the maps of Stéfan van der Walt and Nathaniel Smith (CC0).

/// Dark violet to yellow.
inline constexpr colour_map viridis{
    {0.277727F, 0.105093F, -0.330862F, -4.634230F, 6.228270F, 4.776385F, -5.435456F},
    {0.005407F, 1.404614F, 0.214848F, -5.799101F, 14.179933F, -13.745145F, 4.645853F},
    {0.334100F, 1.384590F, 0.095095F, -19.332441F, 56.690553F, -65.353033F, 26.312435F}};

/// Black over red to pale yellow.
inline constexpr colour_map inferno{
    {0.000219F, 0.106513F, 11.602493F, -41.703996F, 77.162936F, -71.319428F, 25.131126F},
    {0.001651F, 0.563956F, -3.972854F, 17.436399F, -33.402359F, 32.626064F, -12.242669F},
    {-0.019481F, 3.932712F, -15.942394F, 44.354145F, -81.807309F, 73.209520F, -23.070325F}};

/// Of classes: neighbouring numbers get colours far apart, a negative one is unknown.
inline colour class_colour(std::int32_t label)
{
    if (label < 0) return unknown;
    auto const part = [&](float phase) {
        return 0.5F + 0.4F * std::cos(6.2831853F * (0.618034F * static_cast<float>(label) + phase));
    };
    float const bright = label % 3 == 0 ? 1.0F : label % 3 == 1 ? 0.8F : 0.6F;
    return {bright * part(0), bright * part(1 / 3.0F), bright * part(2 / 3.0F)};
}

}  // namespace drawing
