// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <Eigen/Dense>

#include <hyspn/core/random.hpp>
#include <hyspn/guidance/features.hpp>
#include <hyspn/guidance/plane_experts.hpp>

#include "support/catch.hpp"

using namespace hyspn;
using guidance::plane_expert_count;

namespace {

template <class T>
struct scene {
    tensor<T, 3> features;
    guidance::sample_list<T> samples;
};

/// Blocks of equal features with grain, and samples of a wavy surface with a step.
template <class T>
scene<T> make_scene(index_t height, index_t width, index_t samples, std::uint64_t seed)
{
    random_stream random(seed);
    tensor<T, 3> features(2, height, width);
    tensor<T, 2> dense(height, width);
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            features(0, i, j) = static_cast<T>((i / 5 + j / 7) % 2) * T(0.1);
            features(1, i, j) = static_cast<T>(random.uniform() * 0.02);
            dense(i, j) = static_cast<T>(3 + std::sin(0.4 * double(i)) + 0.1 * double(j) + (j > width / 2 ? 2 : 0));
        }
    return {std::move(features), guidance::collect_samples(guidance::draw_samples(dense, samples, seed))};
}

/// Search, softness and space of the experts, as plane_expert_options lists them.
struct expert {
    std::size_t search, softness;
    bool logarithmic;
};
constexpr expert experts[] = {{0, 0, false}, {0, 1, false}, {0, 1, true}, {1, 1, false}, {1, 1, true}, {1, 2, true}};

struct listed {
    double y, x, value, distance;
};

/// What stands in the list of a pixel, seen from it.
template <class T>
std::vector<listed> list_of(guidance::nearest_samples<T> const& near, guidance::sample_list<T> const& samples,
                            index_t i, index_t j)
{
    std::vector<listed> list;
    for (index_t k = 0; k < near.index.extent(2) && near.index(i, j, k) >= 0; ++k) {
        index_t const s = near.index(i, j, k);
        list.push_back({double(samples.y(s) - i), double(samples.x(s) - j), double(samples.value(s)),
                        double(near.distance(i, j, k))});
    }
    return list;
}

/// The penalised least-squares plane by its three normal equations, in double.
double reference_plane(std::vector<listed> list, double softness, bool logarithmic, double ridge, double range_weight)
{
    double mean = 0, total = 0, my = 0, mx = 0, spread = 0;
    for (auto& s : list) {
        mean += s.distance / double(list.size());
        if (logarithmic) s.value = std::log(s.value);
    }
    std::vector<double> w;
    double least = list[0].value, greatest = least;
    for (auto const& s : list) {
        w.push_back(mean > 0 ? std::exp(-(s.distance - list[0].distance) / (softness * mean)) : 1.0);
        total += w.back();
        my += w.back() * s.y;
        mx += w.back() * s.x;
        if (w.back() < range_weight) continue;
        least = std::min(least, s.value);
        greatest = std::max(greatest, s.value);
    }
    Eigen::Matrix3d a = Eigen::Matrix3d::Zero();
    Eigen::Vector3d b = Eigen::Vector3d::Zero();
    for (std::size_t k = 0; k < list.size(); ++k) {
        Eigen::Vector3d const row(1, list[k].y, list[k].x);
        a += w[k] * row * row.transpose();
        b += w[k] * list[k].value * row;
        spread += w[k] * (std::pow(list[k].y - my / total, 2) + std::pow(list[k].x - mx / total, 2));
    }
    a(1, 1) += ridge * spread / 2;
    a(2, 2) += ridge * spread / 2;
    double const fitted = spread > 0 ? a.ldlt().solve(b)(0) : list[0].value;
    double const limited = std::clamp(fitted, least, greatest);
    return logarithmic ? std::exp(limited) : limited;
}

template <class T>
tensor<T, 2> predictions(std::array<guidance::nearest_samples<T>, 2> const& near,
                         guidance::sample_list<T> const& samples, guidance::plane_expert_options const& o)
{
    auto const log_value = detail::logarithms(samples.value);
    tensor<T, 2> predicted(samples.size(), plane_expert_count);
    detail::dispatch(exec::seq{},
                     detail::leave_one_out_op<T, memory::host>{detail::make_expert_fit(near, samples, log_value, o),
                                                               o.left_out_rows, predicted});
    return predicted;
}

/// Those samples that `keep(s)` accepts.
template <class T, class Keep>
guidance::sample_list<T> only(guidance::sample_list<T> const& all, index_t height, index_t width, Keep const& keep)
{
    tensor<T, 2> map(height, width);
    for (index_t s = 0; s < all.size(); ++s)
        if (keep(s)) map(all.y(s), all.x(s)) = all.value(s);
    return guidance::collect_samples(map);
}

template <class T>
bool same_bits(guidance::plane_expert_maps<T> const& a, guidance::plane_expert_maps<T> const& b)
{
    auto const same = [](auto const& x, auto const& y) { return std::equal(x.begin(), x.end(), y.begin(), y.end()); };
    return same(a.candidates, b.candidates) && same(a.weights, b.weights) && same(a.depth, b.depth) &&
           same(a.distance, b.distance) && same(a.errors, b.errors);
}

/// Weights are a partition of 1, the depth their mean, measured pixels themselves.
template <class T>
void check_consistent(guidance::plane_expert_maps<T> const& m, guidance::sample_list<T> const& samples)
{
    tensor<T, 2> measured(m.depth.extents());
    guidance::write_samples(samples, measured);
    for (index_t i = 0; i < m.depth.extent(0); ++i)
        for (index_t j = 0; j < m.depth.extent(1); ++j) {
            double sum = 0, mean = 0;
            for (index_t e = 0; e < plane_expert_count; ++e) {
                REQUIRE(m.weights(e, i, j) >= 0);
                sum += double(m.weights(e, i, j));
                mean += double(m.weights(e, i, j)) * double(m.candidates(e, i, j));
            }
            CHECK(sum == Approx(1).epsilon(1e-6));
            double const wanted = measured(i, j) > 0 ? double(measured(i, j)) : mean;
            CHECK(double(m.depth(i, j)) == Approx(wanted).epsilon(1e-6));
        }
}

}  // namespace

TEMPLATE_TEST_CASE("plane_experts: every expert is the plane of its list, softness and space", "", float, double)
{
    using T = TestType;
    auto const s = make_scene<T>(13, 17, 23, 4);
    guidance::plane_expert_options const o{.horizontal_step = 1.5, .neighbours = 9};
    auto const near = guidance::find_expert_samples(exec::seq{}, s.features, s.samples, o);
    for (std::size_t search = 0; search < 2; ++search) {
        auto const alone = guidance::find_nearest_samples(
            exec::seq{}, s.features, s.samples, 9, {.contrast = search == 0 ? 300.0 : 30.0, .horizontal_step = 1.5});
        CHECK(std::equal(alone.index.begin(), alone.index.end(), near[search].index.begin()));
        CHECK(std::equal(alone.distance.begin(), alone.distance.end(), near[search].distance.begin()));
    }
    auto const maps = guidance::fit_plane_experts(exec::seq{}, near, s.samples, o);
    double const tolerance = std::is_same_v<T, float> ? 2e-5 : 1e-11;
    for (index_t i = 0; i < 13; ++i)
        for (index_t j = 0; j < 17; ++j) {
            CHECK(maps.distance(i, j) == near[0].distance(i, j, 0));
            for (index_t e = 0; e < plane_expert_count; ++e) {
                auto const& which = experts[e];
                auto const list = list_of(near[which.search], s.samples, i, j);
                double const wanted =
                    reference_plane(list, o.softness[which.softness], which.logarithmic, o.ridge, o.range_weight);
                INFO("expert " << e << " at " << i << ", " << j);
                CHECK(double(maps.candidates(e, i, j)) == Approx(wanted).epsilon(tolerance));
            }
        }
    check_consistent(maps, s.samples);
}

TEST_CASE("plane_experts: a sample is predicted as if it, or its scan line, had not been measured")
{
    auto const rows = GENERATE(index_t{0}, index_t{4});
    index_t const height = 19, width = 14;
    auto const s = make_scene<double>(height, width, 16, 7);
    // Alone, a sample leaves one place of the list free; of a line, lists that hold every sample show all that remain.
    index_t const listed = rows == 0 ? 8 : s.samples.size();
    guidance::plane_expert_options const o{.neighbours = listed, .left_out_rows = rows};
    auto const near = guidance::find_expert_samples(exec::seq{}, s.features, s.samples, o);
    auto const predicted = predictions(near, s.samples, o);
    for (index_t q = 0; q < s.samples.size(); ++q) {
        auto const others = only(s.samples, height, width, [&](index_t other) {
            return other != q && std::abs(s.samples.y(other) - s.samples.y(q)) >= rows;
        });
        REQUIRE(others.size() < s.samples.size());
        auto without = o;
        without.neighbours = rows == 0 ? listed - 1 : listed;
        auto const refitted = guidance::fit_plane_experts(
            exec::seq{}, guidance::find_expert_samples(exec::seq{}, s.features, others, without), others, without);
        for (index_t e = 0; e < plane_expert_count; ++e)
            CHECK(predicted(q, e) == Approx(refitted.candidates(e, s.samples.y(q), s.samples.x(q))).epsilon(1e-12));
    }
}

TEST_CASE("plane_experts: experts count as they predict, over the image and near the pixel")
{
    auto const s = make_scene<double>(15, 21, 25, 3);
    guidance::plane_expert_options const o{.neighbours = 5, .left_out_rows = 4, .sharpness = 5, .local_samples = 3};
    auto const near = guidance::find_expert_samples(exec::seq{}, s.features, s.samples, o);
    auto const maps = guidance::fit_plane_experts(exec::seq{}, near, s.samples, o);
    auto const predicted = predictions(near, s.samples, o);
    auto const error = [&](index_t q, index_t e) { return std::abs(predicted(q, e) - s.samples.value(q)); };

    double mae[plane_expert_count] = {}, rel[plane_expert_count] = {}, n = 0, mean_value = 0;
    for (index_t q = 0; q < s.samples.size(); ++q) {
        if (predicted(q, 0) == 0) continue;
        n += 1;
        mean_value += s.samples.value(q);
        for (index_t e = 0; e < plane_expert_count; ++e) {
            mae[e] += error(q, e);
            rel[e] += error(q, e) / s.samples.value(q);
        }
    }
    REQUIRE(n > 10);
    REQUIRE(n < double(s.samples.size()));  // some have no others in their lists
    double const floor = 1e-4 * mean_value / n, best = *std::min_element(mae, mae + plane_expert_count) / n;
    for (index_t i = 0; i < 15; ++i)
        for (index_t j = 0; j < 21; ++j) {
            double weight[plane_expert_count], sum = 0;
            for (index_t e = 0; e < plane_expert_count; ++e) {
                double local = 0, count = 0;
                for (index_t k = 0; k < 3; ++k) {
                    index_t const q = near[0].index(i, j, k);
                    if (predicted(q, 0) == 0) continue;
                    local += error(q, e) / s.samples.value(q);
                    count += 1;
                }
                local = count > 0 ? local / count : rel[e] / n;
                weight[e] =
                    std::pow((best + floor) / (mae[e] / n + floor), 5) / std::pow(local + rel[e] / n / 2 + 1e-4, 2);
                sum += weight[e];
            }
            for (index_t e = 0; e < plane_expert_count; ++e)
                CHECK(maps.weights(e, i, j) == Approx(weight[e] / sum).epsilon(1e-10));
        }
    for (index_t e = 0; e < plane_expert_count; ++e)
        CHECK(maps.errors[static_cast<std::size_t>(e)] == Approx(mae[e] / n));
}

TEST_CASE("plane_experts: planes are found by the experts of their space, and trusted")
{
    bool const logarithmic = GENERATE(false, true);
    auto const truth = [&](index_t i, index_t j) {
        double const z = 1 + 0.02 * double(i) + 0.03 * double(j);
        return logarithmic ? std::exp(z) : z;
    };
    tensor<double, 2> dense(30, 40);
    for (index_t i = 0; i < 30; ++i)
        for (index_t j = 0; j < 40; ++j) dense(i, j) = truth(i, j);
    auto const samples = guidance::collect_samples(guidance::draw_samples(dense, 60, 9));
    tensor<double, 3> const features(1, 30, 40);
    guidance::plane_expert_options const o{.neighbours = 9, .ridge = 0, .range_weight = 0};
    auto const near = guidance::find_expert_samples(exec::seq{}, features, samples, o);
    auto const maps = guidance::fit_plane_experts(exec::seq{}, near, samples, o);
    index_t exact = 0;
    for (index_t i = 0; i < 30; ++i)
        for (index_t j = 0; j < 40; ++j) {
            double least = 1e30, greatest = 0, trusted = 0;
            for (auto const& q : list_of(near[0], samples, i, j)) {
                least = std::min(least, q.value);
                greatest = std::max(greatest, q.value);
            }
            for (index_t e = 0; e < plane_expert_count; ++e) {
                if (experts[e].logarithmic != logarithmic) continue;
                CHECK(maps.candidates(e, i, j) == Approx(std::clamp(truth(i, j), least, greatest)).epsilon(1e-9));
                trusted += maps.weights(e, i, j);
            }
            CHECK(trusted > 0.5);
            exact += truth(i, j) > least && truth(i, j) < greatest ? 1 : 0;
        }
    CHECK(exact > 1000);  // of 1200: the limit is the exception
}

TEST_CASE("plane_experts: one or two samples, one line of them, maps of one row, column or pixel")
{
    struct {
        index_t height, width, samples;
    } const cases[] = {{1, 1, 1}, {9, 7, 1}, {9, 7, 2}, {1, 11, 3}, {11, 1, 5}, {2, 2, 4}};
    for (auto const& c : cases) {
        auto const s = make_scene<float>(c.height, c.width, c.samples, 2);
        tensor<float, 2> sparse(c.height, c.width);
        guidance::write_samples(s.samples, sparse);
        for (index_t rows : {0, 6}) {
            auto const maps = guidance::plane_experts(exec::omp{2}, s.features, sparse, {.left_out_rows = rows});
            INFO(c.height << " x " << c.width << " " << c.samples << " rows " << rows);
            check_consistent(maps, s.samples);
            auto const [least, greatest] = std::minmax_element(s.samples.value.begin(), s.samples.value.end());
            for (float z : maps.candidates) {
                CHECK(z >= *least * (1 - 1e-6F));
                CHECK(z <= *greatest * (1 + 1e-6F));
            }
            if (c.samples > 1 && !(rows > 0 && c.height == 1)) continue;
            for (float w : maps.weights) CHECK(w == Approx(1.0 / 6));  // nothing could be predicted
            for (double e : maps.errors) CHECK(e == 0);
        }
    }
}

TEST_CASE("plane_experts: samples on one row are followed along it and level across it")
{
    tensor<double, 2> sparse(31, 41);
    for (index_t j = 0; j < 41; j += 4) sparse(15, j) = 1 + 0.1 * static_cast<double>(j);
    auto const maps =
        guidance::plane_experts(exec::seq{}, tensor<double, 3>(1, 31, 41), sparse, {.neighbours = 6, .ridge = 1e-6});
    for (index_t i : {0, 15, 30}) CHECK(maps.depth(i, 20) == Approx(3.0).epsilon(2e-3));
    CHECK(maps.depth(0, 16) < maps.depth(0, 24));
}

TEST_CASE("plane_experts: an even surface stays even, whatever the image")
{
    auto s = make_scene<float>(20, 24, 30, 6);
    for (float& z : s.samples.value) z = 2.7F;
    tensor<float, 2> sparse(20, 24);
    guidance::write_samples(s.samples, sparse);
    for (auto const& features : {s.features, tensor<float, 3>(2, 20, 24)}) {
        auto const maps = guidance::plane_experts(exec::seq{}, features, sparse, {});
        for (float z : maps.depth) CHECK(z == Approx(2.7F).epsilon(1e-6));
        for (float w : maps.weights) CHECK(w == Approx(1.0 / 6).epsilon(0.02));  // all are right
    }
}

TEST_CASE("plane_experts: identical bits from seq and any number of threads, and from padded rows")
{
    index_t const height = 70, width = 53;
    auto const s = make_scene<float>(height, width, 90, 5);
    tensor<float, 2> sparse(height, width);
    guidance::write_samples(s.samples, sparse);
    tensor<float, 3> wide(2, height, width + 5);
    view<float, 3> const padded(wide.data(), s.features.extents(), as_view(wide).strides());
    copy(as_const(s.features), padded);
    for (double anisotropy : {1.0, 5.0}) {
        auto const o = guidance::experts_for_sampling(anisotropy);
        auto const reference = guidance::plane_experts(exec::seq{}, s.features, sparse, o);
        for (int threads : {1, 2, 3})
            CHECK(same_bits(reference, guidance::plane_experts(exec::omp{threads}, s.features, sparse, o)));
        CHECK(same_bits(reference, guidance::plane_experts(exec::omp{2}, padded, sparse, o)));
    }
}

TEST_CASE("plane_experts: options for scattered samples and for scan lines")
{
    guidance::plane_expert_options const scattered;
    CHECK(guidance::experts_for_sampling(1) == scattered);
    auto const lines = guidance::experts_for_sampling(9);
    CHECK(lines.horizontal_step == 4);
    CHECK(lines.left_out_rows == 6);
    CHECK(lines.neighbours == 30);
    CHECK(guidance::experts_for_sampling(0.1).horizontal_step == 0.25);
}

TEST_CASE("plane_experts: bad arguments are refused, by name")
{
    auto const s = make_scene<float>(8, 9, 5, 1);
    guidance::plane_expert_options const o{.neighbours = 3};
    auto const near = guidance::find_expert_samples(exec::seq{}, s.features, s.samples, o);
    auto const fit = [&](guidance::plane_expert_options const& with) {
        return guidance::fit_plane_experts(exec::seq{}, near, s.samples, with);
    };
    CHECK_THROWS_WITH(fit({.softness = {0.1, 0, 0.1}}), "fit_plane_experts: softness must be above 0, got 0");
    CHECK_THROWS_WITH(fit({.ridge = -1}), Catch::Contains("ridge"));
    CHECK_THROWS_WITH(fit({.range_weight = 2}), Catch::Contains("range_weight"));
    CHECK_THROWS_WITH(fit({.left_out_rows = -1}), Catch::Contains("left_out_rows"));
    CHECK_THROWS_WITH(fit({.sharpness = std::nan("")}), Catch::Contains("sharpness"));
    CHECK_THROWS_WITH(fit({.local_samples = 0}), Catch::Contains("local_samples"));

    auto negative = s.samples;
    negative.value(2) = -1;
    CHECK_THROWS_WITH(guidance::fit_plane_experts(exec::seq{}, near, negative, o),
                      "fit_plane_experts: every sample must be a positive number, got -1");
    auto few = only(s.samples, 8, 9, [](index_t q) { return q < 2; });
    CHECK_THROWS_WITH(guidance::fit_plane_experts(exec::seq{}, near, few, o), Catch::Contains("number of samples"));
    auto other = near;
    other[1].index(3, 4, 0) = -1;
    CHECK_THROWS_WITH(guidance::fit_plane_experts(exec::seq{}, other, s.samples, o), Catch::Contains("near.index"));
    other = near;
    other[1].index = tensor<std::int32_t, 3>(8, 9, 4);
    CHECK_THROWS_AS(guidance::fit_plane_experts(exec::seq{}, other, s.samples, o), shape_error);
    other = near;
    other[0].distance = tensor<float, 3>(8, 8, 3);
    CHECK_THROWS_AS(guidance::fit_plane_experts(exec::seq{}, other, s.samples, o), shape_error);

    for (auto& n : other) n = {tensor<std::int32_t, 3>(8, 9, 0), tensor<float, 3>(8, 9, 0)};
    CHECK_THROWS_WITH(guidance::fit_plane_experts(exec::seq{}, other, s.samples, o),
                      "fit_plane_experts: near.index must be [H, W, K] with K at least 1, got [8, 9, 0]");

    tensor<float, 2> const none(8, 9), narrow(8, 8);
    CHECK_THROWS_AS(guidance::plane_experts(exec::seq{}, s.features, none, o), value_error);
    CHECK_THROWS_WITH(guidance::plane_experts(exec::seq{}, s.features, narrow, o), Catch::Contains("sparse"));
    tensor<float, 2> sparse(8, 9);
    sparse(1, 1) = 1;
    CHECK_THROWS_AS(guidance::plane_experts(exec::seq{}, s.features, sparse, {.contrasts = {-1, 30}}), value_error);
    CHECK_THROWS_AS(guidance::plane_experts(exec::seq{}, s.features, sparse, {.neighbours = 0}), value_error);
}
