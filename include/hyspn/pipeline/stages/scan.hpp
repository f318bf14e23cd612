// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/nn/maps.hpp>
#include <hyspn/pipeline/detail/seeding.hpp>
#include <hyspn/propagation/presets/gspn.hpp>
#include <hyspn/propagation/scan.hpp>

namespace hyspn {

/// The scans of SPN (propagation::scan) of the initial maps with the measurements blended in, β = mask·confidence:
/// 4·way·L gates from the affinity, those of the scan to the right first, then left, down, up.
struct scan_stage {
    propagation::scan net{};

    template <class T, class M = memory::host>
    using params = no_params;

    template <class T, class M = memory::host>
    struct saved {
        detail::seeding<T, M> seed{};
        propagation::scan_saved<T, M> scans{};
    };

    index_t gates(index_t maps) const { return 4 * net.way * maps; }
    index_t side(index_t) const { return 0; }

    template <class T, class M = memory::host>
    no_params make_params() const
    {
        return {};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        detail::seeding<T, M> seed;
        net.forward(exec, arrays_of(in, seed.forward(exec, in)), out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        net.forward(exec, arrays_of(in, s.seed.forward(exec, in)), out, s.scans);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, no_params const&, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, no_params&) const
    {
        tensor<T, 4, M> dseed(in.initial.extents());
        propagation::scan_gradients<T, M> wanted{.x = as_view(dseed)};
        split_gates(d.gates, wanted.gates);
        net.backward(exec, arrays_of(in, s.seed.of(in)), s.scans, dout, wanted);
        s.seed.backward(exec, in, as_const(dseed), d);
    }

private:
    /// To each direction its quarter of the channels.
    template <class U, class M>
    static void split_gates(view<U, 4, M> const& all, view<U, 4, M> (&each)[4])
    {
        index_t const count = all.extent(1) / 4;
        for (index_t direction = 0; direction < 4; ++direction)
            each[direction] = nn::channel_range(all, direction * count, count);
    }

    template <class T, class M>
    static propagation::scan_inputs<T, M> arrays_of(stage_inputs<T, M> const& in, view<T const, 4, M> const& seed)
    {
        propagation::scan_inputs<T, M> arrays{.x = seed};
        split_gates(in.gates, arrays.gates);
        return arrays;
    }
};

/// One scan of GSPN (presets::gspn) of the initial maps with the measurements blended in, β = mask·confidence: 3·L
/// gates from the affinity; from the guidance, L channels, the factor of the input, any number.
struct gspn_stage {
    propagation::presets::gspn net{};

    template <class T, class M = memory::host>
    using params = no_params;

    template <class T, class M = memory::host>
    struct saved {
        detail::seeding<T, M> seed{};
        propagation::gspn_saved<T, M> scan{};
    };

    index_t gates(index_t maps) const { return 3 * maps; }
    index_t side(index_t maps) const { return maps; }

    template <class T, class M = memory::host>
    no_params make_params() const
    {
        return {};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        detail::seeding<T, M> seed;
        net.forward(exec, arrays_of(in, seed.forward(exec, in)), out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, no_params const&, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        net.forward(exec, arrays_of(in, s.seed.forward(exec, in)), out, s.scan);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, no_params const&, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, no_params&) const
    {
        tensor<T, 4, M> dseed(in.initial.extents());
        net.backward(exec, arrays_of(in, s.seed.of(in)), s.scan, dout,
                     propagation::gspn_gradients<T, M>{.x = as_view(dseed), .factor = d.side, .gates = d.gates});
        s.seed.backward(exec, in, as_const(dseed), d);
    }

private:
    template <class T, class M>
    static propagation::gspn_inputs<T, M> arrays_of(stage_inputs<T, M> const& in, view<T const, 4, M> const& seed)
    {
        return {.x = seed, .factor = in.side, .gates = in.gates};
    }
};

}  // namespace hyspn

namespace hyspn::propagation {

inline scan_stage as_stage(scan const& net)
{
    return {net};
}

}  // namespace hyspn::propagation

namespace hyspn::propagation::presets {

inline gspn_stage as_stage(gspn const& net)
{
    return {net};
}

}  // namespace hyspn::propagation::presets
