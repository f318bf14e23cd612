// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <hyspn/backends/omp/propagation/sampled_gradients.hpp>
#include <hyspn/backends/omp/propagation/sampled_scatter.hpp>
#include <hyspn/propagation/sampled/steps.hpp>

/// \file
/// Steps of networks with learned offsets on the processor's cores. Included by propagation/sampled/steps.hpp.

namespace hyspn::detail {

/// to = (1 - β) from + β s for a piece of the rows of a group of maps.
template <class V, class T>
void blend_row(stencil_terms<T, memory::host> const& terms, index_t n, index_t group, index_t y, index_t x,
               index_t columns, V const* from, V* to)
{
    using groups = map_groups<V>;
    typename groups::buffer buffer;
    T const* const beta = &terms.confidence(n, 0, y, x);
    bool const shared = terms.measured.extent(1) == 1;
    V const* const s = groups::join(terms.measured, shared, n, group, y, x, columns, buffer);
#pragma omp simd
    for (index_t i = 0; i < columns; ++i) {
        V const share(beta[i]), nothing(T(0));
        to[i] = V(T(1) - beta[i]) * from[i] + share * simd::select(share == nothing, nothing, s[i]);
    }
}

/// The adjoint for a piece of a row.
template <class T>
void unblend_row(blend_adjoint_op<T, memory::host> const& op, index_t n, index_t y, index_t x, index_t columns)
{
    auto const& terms = op.terms;
    T const* const beta = &terms.confidence(n, 0, y, x);
    T sum[sample_chunk] = {}, known[sample_chunk];
    std::fill_n(known, columns, T(1));
    for (index_t l = 0; l < op.d.extent(1); ++l) {
        T* const d = &op.d(n, l, y, x);
        if (op.dbeta.data_handle()) {
            T const *const s = &terms.measured(n, terms.measured_channel(l), y, x), *const from = &op.from(n, l, y, x);
#pragma omp simd
            for (index_t i = 0; i < columns; ++i) {
                T const found = s[i];
                bool const missing = beta[i] == T(0) && !(found - found == T(0));
                known[i] = missing ? T(0) : known[i];
                T const used = missing ? T(0) : found;
                sum[i] += d[i] * (used - from[i]);
            }
        }
        if (op.dmeasured.data_handle()) {
            T* const to = &op.dmeasured(n, terms.measured_channel(l), y, x);
#pragma omp simd
            for (index_t i = 0; i < columns; ++i) to[i] += beta[i] * d[i];
        }
#pragma omp simd
        for (index_t i = 0; i < columns; ++i) d[i] *= T(1) - beta[i];
    }
    if (!op.dbeta.data_handle()) return;
    T* const to = &op.dbeta(n, 0, y, x);
#pragma omp simd
    for (index_t i = 0; i < columns; ++i) to[i] += known[i] == T(0) ? T(0) : sum[i];
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, blend_adjoint_op<T, memory::host> const& op)
{
    dims<4> const e = op.d.extents();
    if (op.d.size() == 0 ||
        !all_rows_contiguous(op.from, op.d, op.dmeasured, op.dbeta, op.terms.measured, op.terms.confidence))
        return parallel_for(exec, op.shape(), op);
    for_row_chunks(exec, e[0], e[2], e[3],
                   [&](index_t n, index_t y, index_t x, index_t columns) { unblend_row(op, n, y, x, columns); });
}

template <std::floating_point T, class F>
void for_map_ranges(exec::omp const&, sampled_iterate_op<T, memory::host> const& op, F const& f)
{
    if (!op.maps_stand_alone()) return f(op);
    split_maps<T>(op, op.out.extent(1), f);
}
template <std::floating_point T, class F>
void for_map_ranges(exec::omp const&, sampled_iterate_adjoint_op<T, memory::host> const& op, F const& f)
{
    if (!op.of.maps_stand_alone()) return f(op);
    split_maps<T>(op, op.dout.extent(1), f);
}

/// Steps by rows of padded planes, one per image and group of maps.
template <class V>
class sample_stepper {
    using T = simd::scalar_of<V>;
    using groups = map_groups<V>;

public:
    sample_stepper(exec::omp const& exec, sampled_iterate_op<T, memory::host> const& op)
        : exec_(exec),
          op_(op),
          images_(op.in.initial.extent(0)),
          groups_(groups::count(op.in.initial.extent(1))),
          height_(op.in.initial.extent(2)),
          width_(op.in.initial.extent(3))
    {
    }

    padded_planes<V> planes() const { return {images_ * groups_, height_, width_}; }

    /// planes = what a step from x reads: x, or x blended with the measurements.
    void pad(view<T const, 4> const& maps, padded_planes<V>& to) const
    {
        for_chunks([&](index_t n, index_t y, index_t x, index_t columns) {
            typename groups::buffer buffer;
            for (index_t g = 0; g < groups_; ++g)
                start(n, g, y, x, columns, groups::join(maps, false, n, g, y, x, columns, buffer),
                      to.at(n * groups_ + g, y, x));
        });
    }

    /// All steps.
    void run() const
    {
        auto from = planes(), next = planes();
        pad(op_.in.initial, from);
        auto const terms = injection_terms(op_.in, op_.beta);
        for (index_t t = 0; t < op_.axes.steps; ++t) {
            bool const last = t == op_.axes.steps - 1;
            step(t, from, [&](index_t n, index_t g, index_t y, index_t x, index_t columns, V* values) {
                if (op_.after()) blend_row(terms, n, g, y, x, columns, values, values);
                if (last) return groups::split(values, n, g, y, x, columns, op_.out);
                if (op_.iterates.data_handle()) groups::split(values, n, g, y, x, columns, op_.iterates[t]);
                start(n, g, y, x, columns, values, next.at(n * groups_ + g, y, x));
            });
            std::swap(from, next);
        }
    }

private:
    template <class F>
    void for_chunks(F const& f) const
    {
        for_row_chunks<groups::chunk>(exec_, images_, height_, width_, f);
    }

    /// Step t, before any injection after it, as a function of chunks: f(n, group, y, x, columns, values).
    template <class F>
    void step(index_t t, padded_planes<V> const& from, F const& f) const
    {
        sample_locator<T> const locator(points_of(op_.axes, op_.in.offsets, t));
        auto const weights = op_.weights_of(t);
        for_chunks([&](index_t n, index_t y, index_t x, index_t columns) {
            located_chunk<T, groups::chunk> cells;
            cells.locate(locator, n, y, x, columns);
            weight_rows<T> const rows(weights, n, y, x);
            T rest[groups::chunk];
            V to[groups::chunk];
            if (op_.current()) rows.fill_rest(columns, rest);
            for (index_t g = 0; g < groups_; ++g) {
                index_t const i = n * groups_ + g;
                sum_samples(cells, rows, from.plane(i), from.stride(), columns, to);
                if (op_.current()) add_products(rest, from.at(i, y, x), columns, to);
                f(n, g, y, x, columns, to);
            }
        });
    }

    void start(index_t n, index_t group, index_t y, index_t x, index_t columns, V const* from, V* to) const
    {
        if (op_.before())
            blend_row(injection_terms(op_.in, op_.beta), n, group, y, x, columns, from, to);
        else
            std::copy_n(from, columns, to);
    }

    exec::omp exec_;
    sampled_iterate_op<T, memory::host> op_;
    index_t images_, groups_, height_, width_;
};

/// Whether sample_stepper serves an operation.
template <class T>
bool steps_by_rows(sampled_iterate_op<T, memory::host> const& op)
{
    auto const& in = op.in;
    return op.axes.steps > 0 && in.initial.size() > 0 && serves_samples(points_of(op.axes, in.offsets, 0)) &&
           all_rows_contiguous(in.initial, in.measured, op.beta, op.weights);
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, sampled_iterate_op<T, memory::host> const& op)
{
    if (!steps_by_rows(op) || !all_rows_contiguous(op.out, op.iterates)) return iterate_samples(exec, op);
    with_lanes<T>(op.out.extent(1), [&]<class V>() { sample_stepper<V>(exec, op).run(); });
}

/// λ_{t-1} from λ_t, in groups of steps.
template <class V>
class sample_backpropagation {
    using T = simd::scalar_of<V>;

public:
    sample_backpropagation(exec::omp const& exec, sampled_iterate_adjoint_op<T, memory::host> const& op)
        : exec_(exec),
          op_(op),
          stepper_(exec, op.of),
          group_(own_sets() ? 1 : std::min(op.of.axes.steps, steps_at_a_time))
    {
        dims<4> const e = op.dout.extents();
        for (index_t g = 0; g < group_; ++g) from_.push_back(stepper_.planes());
        lambdas_ = tensor<T, 5>(dims<5>{group_ + 1, e[0], e[1], e[2], e[3]});
        if (!blends_after()) return;
        kept_ = tensor<T, 4>(e);
        zero_ = tensor<T, 4>(e);
    }

    void run()
    {
        auto const lambdas = as_view(lambdas_);
        view<T, 4> const sums[] = {op_.dmeasured, op_.dbeta};
        for (auto const& sum : sums)
            if (sum.data_handle() && !op_.adds && !op_.adds_maps)
                dispatch(exec_, fill_op<T, 4, memory::host>{T(0), sum});
        dispatch(exec_, copy_op<T, 4, memory::host>{op_.dout, lambdas[0]});
        index_t filled = 0;
        for (index_t t = op_.of.axes.steps - 1; t >= 0; --t) {
            back(t, from_[static_cast<std::size_t>(filled)], lambdas[filled], lambdas[filled + 1]);
            if (++filled < group_ && t > 0) continue;
            add_gradients(t, filled);
            dispatch(exec_, copy_op<T, 4, memory::host>{lambdas[filled], lambdas[0]});
            filled = 0;
        }
        dispatch(exec_, copy_op<T, 4, memory::host>{lambdas[0], op_.dinitial});
    }

private:
    /// Planes of several maps are large: few of them stay in the caches.
    static constexpr index_t steps_at_a_time = simd::lanes<V> == 1 ? steps_of_gradients : 2;
    static_assert(steps_of_gradients % steps_at_a_time == 0, "kept segments end where a sum ends");

    /// Whether β's gradient needs the sums of samples: then sample_gradients finds it, from λ before blending.
    bool blends_after() const { return op_.of.after() && op_.dbeta.data_handle(); }
    bool own_sets() const { return op_.of.axes.gates_per_step || op_.of.axes.offsets_per_step; }

    /// One step: leaves in `lambda` what sample_gradients takes, in `from` what the step read.
    void back(index_t t, padded_planes<V>& from, view<T, 4> const& lambda, view<T, 4> const& earlier)
    {
        auto const& of = op_.of;
        stepper_.pad(op_.iterate(t), from);
        view<T, 4> given = lambda;
        if (blends_after()) {
            given = as_view(kept_);
            dispatch(exec_, copy_op<T, 4, memory::host>{lambda, given});
        }
        if (of.after()) dispatch(exec_, op_.unblend(as_const(zero_), given));
        if (of.axes.detach) {
            dispatch(exec_, fill_op<T, 4, memory::host>{T(0), earlier});
        } else {
            transpose(t, given, earlier);
            if (of.before()) dispatch(exec_, op_.unblend(op_.iterate(t), earlier));
        }
        if (t > 0 && op_.diterates.data_handle())
            dispatch(exec_, add_scaled_op<T, 4, memory::host>{T(1), op_.diterates[t - 1], earlier});
    }

    /// Of `count` steps, the earliest of them t.
    void add_gradients(index_t t, index_t count) const
    {
        auto const step = op_.of.step(t, {}, {});
        bool const first = t + count == op_.of.axes.steps && !op_.adds;
        sample_gradients<V> gradients{.points = step.points,
                                      .weights = step.weights,
                                      .current = step.current,
                                      .dweights = op_.dweights_of(t),
                                      .doffsets = op_.doffsets_of(t),
                                      .first_weights = !op_.adds_maps && (first || op_.of.axes.gates_per_step),
                                      .first_offsets = !op_.adds_maps && (first || op_.of.axes.offsets_per_step)};
        if (blends_after()) {
            gradients.injection = injection_terms(op_.of.in, op_.of.beta);
            gradients.dbeta = op_.dbeta;
        }
        gradients.add(exec_, from_, count, as_const(lambdas_));
    }

    void transpose(index_t t, view<T const, 4> lambda, view<T, 4> earlier)
    {
        auto const op = op_.transposed(t, lambda, earlier);
        if (scatter_.empty())
            scatter_.emplace_back(exec_, op.points);
        else if (op_.of.axes.offsets_per_step)
            scatter_.front().measure(op.points);
        scatter_.front().run(op);
    }

    exec::omp exec_;
    sampled_iterate_adjoint_op<T, memory::host> op_;
    sample_stepper<V> stepper_;
    index_t group_;
    std::vector<padded_planes<V>> from_;
    std::vector<sample_scatter<V>> scatter_;  ///< one, once it is needed
    tensor<T, 5> lambdas_{};
    tensor<T, 4> kept_{}, zero_{};  ///< (1 - β) λ; nothing
};

template <std::floating_point T>
void dispatch(exec::omp const& exec, sampled_iterate_adjoint_op<T, memory::host> const& op)
{
    if (!steps_by_rows(op.of) || !all_rows_contiguous(op.iterates, op.dweights, op.doffsets, op.dmeasured, op.dbeta))
        return iterate_samples_back(exec, op);
    with_lanes<T>(op.dout.extent(1), [&]<class V>() { sample_backpropagation<V>(exec, op).run(); });
}

}  // namespace hyspn::detail
