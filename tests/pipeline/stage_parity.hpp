// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/exec/seq.hpp>
#include <hyspn/nn/maps.hpp>
#include <hyspn/pipeline/stage.hpp>

#include "support/catch.hpp"

/// \file
/// A stage on its own: every policy writes all results, the same ones, with the same bits for any number of threads.

namespace pipeline_test {

using namespace hyspn;

/// What a solver can reach, and how far policies may differ, as a fraction of the largest value.
template <class T>
constexpr double reachable = std::same_as<T, float> ? 1e-6 : 1e-14;
template <class T>
constexpr double apart = std::same_as<T, float> ? 1e-4 : 1e-11;

/// Sizes, and which arrays are given.
struct stage_shape {
    index_t maps = 1, height = 1, width = 1;
    bool measured = true, confidence = true;
};

/// Inputs of a stage; side channels as a pipeline has them, among others. What was not measured is NaN.
template <class T>
struct stage_problem {
    tensor<T, 4> initial, gates, heads, measured, mask, confidence, dout;
    stage_shape shape;
    index_t side;

    template <class Stage>
    stage_problem(Stage const& stage, stage_shape const& s, index_t measured_maps)
        : initial(2, s.maps, s.height, s.width),
          gates(2, stage.gates(s.maps), s.height, s.width),
          heads(2, stage.side(s.maps) + 2, s.height, s.width),
          measured(2, measured_maps, s.height, s.width),
          mask(2, 1, s.height, s.width),
          confidence(mask.extents()),
          dout(initial.extents()),
          shape(s),
          side(stage.side(s.maps))
    {
        random_stream random(11);
        for (T& x : initial) x = static_cast<T>(0.5 + random.uniform());
        for (T& x : gates) x = static_cast<T>(random.normal());
        for (T& x : heads) x = static_cast<T>(random.normal());
        for (T& x : confidence) x = static_cast<T>(0.1 + 0.8 * random.uniform());
        for (T& x : dout) x = static_cast<T>(random.normal());
        for (T& x : measured) x = static_cast<T>(0.5 + random.uniform());
        for (T& x : mask) x = random.uniform() < 0.3 ? T(1) : T(0);
        mask(0, 0, 0, 0) = mask(1, 0, 0, 0) = 1;
        for_each_pixel([&](index_t n, index_t l, index_t i, index_t j) {
            if (mask(n, 0, i, j) == T(0)) measured(n, l, i, j) = std::numeric_limits<T>::quiet_NaN();
        });
    }

    stage_inputs<T> inputs() const
    {
        stage_inputs<T> in{.initial = as_const(initial), .gates = as_const(gates), .side = side_of(as_const(heads))};
        if (shape.measured) {
            in.measured = as_const(measured);
            in.mask = as_const(mask);
        }
        if (shape.confidence) in.confidence = as_const(confidence);
        return in;
    }

    template <class U>
    view<U, 4> side_of(view<U, 4> const& all) const
    {
        return side == 0 ? view<U, 4>{} : nn::channel_range(all, 1, side);
    }

private:
    template <class F>
    void for_each_pixel(F const& f)
    {
        for (index_t n = 0; n < 2; ++n)
            for (index_t l = 0; l < measured.extent(1); ++l)
                for (index_t i = 0; i < shape.height; ++i)
                    for (index_t j = 0; j < shape.width; ++j) f(n, l, i, j);
    }
};

template <class T>
struct named_values {
    std::string name;
    std::vector<T> values;
};

template <class T>
tensor<T, 4> unwritten(dims<4> const& e)
{
    tensor<T, 4> made(e);
    for (T& x : made) x = std::numeric_limits<T>::quiet_NaN();
    return made;
}

template <class T, std::size_t Rank>
named_values<T> named(std::string const& name, view<T const, Rank> const& v)
{
    named_values<T> made{name, {}};
    for_each_element(v, [&](T x) { made.values.push_back(x); });
    return made;
}

/// All a stage writes. The gradients of parameters are added to `before`.
template <class T, class Stage, class P>
std::vector<named_values<T>> results(Stage const& stage, stage_problem<T> const& data, P const& exec, T before = 0)
{
    auto const p = stage.template make_params<T>();
    auto const in = data.inputs();
    dims<4> const e = data.initial.extents();
    auto inferred = unwritten<T>(e), out = unwritten<T>(e), dinitial = unwritten<T>(e);
    auto dgates = unwritten<T>(data.gates.extents()), dheads = unwritten<T>(data.heads.extents());
    auto dconfidence = unwritten<T>(data.mask.extents());
    stage.forward(exec, p, in, as_view(inferred));
    typename Stage::template saved<T> kept;
    stage.forward(exec, p, in, as_view(out), kept);
    stage_gradients<T> d{as_view(dinitial), as_view(dgates), data.side_of(as_view(dheads))};
    if (data.shape.confidence) d.confidence = as_view(dconfidence);
    auto dp = p;
    for_each_leaf(dp,
                  [&](std::string const&, auto leaf) { for_each_element(as_view(leaf), [&](T& x) { x = before; }); });
    stage.backward(exec, p, in, kept, as_const(data.dout), d, dp);

    std::vector<named_values<T>> all{named("inferred", as_const(inferred)), named("out", as_const(out)),
                                     named("dinitial", as_const(dinitial)), named("dgates", as_const(dgates))};
    if (data.side > 0) all.push_back(named("dside", view<T const, 4>(d.side)));
    if (data.shape.confidence) all.push_back(named("dconfidence", as_const(dconfidence)));
    for_each_leaf(std::as_const(dp), [&](std::string const& name, auto leaf) {
        named_values<T> values{"d" + name, {}};
        for_each_element(as_const(leaf), [&](T x) { values.values.push_back(x); });
        all.push_back(values);
    });
    return all;
}

/// Whether every value of b is that of a, but for a fraction of the largest; NaN never is.
template <class T>
bool agree(std::vector<T> const& a, std::vector<T> const& b, double fraction)
{
    double largest = 1e-3;
    for (T x : a) largest = std::max(largest, static_cast<double>(std::abs(x)));
    for (std::size_t k = 0; k < a.size(); ++k)
        if (!(std::abs(static_cast<double>(a[k]) - static_cast<double>(b.at(k))) <= fraction * largest)) return false;
    return a.size() == b.size();
}

template <class T, class Stage>
void check_shape(Stage const& stage, stage_shape const& shape, index_t measured_maps)
{
    INFO(shape.maps << " maps, " << shape.height << " x " << shape.width << ", measured " << shape.measured
                    << ", confidence " << shape.confidence << ", " << sizeof(T) << " bytes");
    stage_problem<T> const data(stage, shape, measured_maps);
    auto const reference = results(stage, data, exec::seq{}), one = results(stage, data, exec::omp{.threads = 1}),
               two = results(stage, data, exec::omp{.threads = 2}),
               three = results(stage, data, exec::omp{.threads = 3}),
               added = results(stage, data, exec::seq{}, T(0.25));
    CHECK(agree(reference[0].values, reference[1].values, apart<T>));
    for (std::size_t k = 0; k < reference.size(); ++k) {
        INFO(reference[k].name);
        CHECK(agree(reference[k].values, one[k].values, apart<T>));
        CHECK(one[k].values == two[k].values);
        CHECK(one[k].values == three[k].values);
    }
    for (std::size_t k = 4; k < reference.size(); ++k) {
        if (reference[k].name == "dside" || reference[k].name == "dconfidence") continue;
        INFO(reference[k].name);
        auto sum = reference[k].values;
        for (T& x : sum) x += T(0.25);
        CHECK(agree(sum, added[k].values, apart<T>));
    }
}

/// Sizes of images; `whole` are multiples of 2.
enum class image_sizes { any, whole };

/// With and without measurements and confidence. `most_maps` maps, measured each or all at once.
template <class T, class Stage>
void check_stage(Stage const& stage, index_t most_maps = 3, bool measured_each = true,
                 image_sizes sizes = image_sizes::any)
{
    using sized = std::vector<dims<2>>;
    for (auto const& size :
         sizes == image_sizes::any ? sized{{1, 1}, {1, 7}, {5, 1}, {13, 11}} : sized{{2, 2}, {2, 6}, {14, 10}})
        for (index_t maps : {index_t{1}, most_maps})
            for (int given : {3, 2, 1}) {
                stage_shape const shape{maps, size[0], size[1], (given & 2) != 0, (given & 1) != 0};
                check_shape<T>(stage, shape, measured_each ? maps : 1);
            }
}

}  // namespace pipeline_test
