// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <hyspn/core/leaf.hpp>
#include <hyspn/nn/residual_block.hpp>
#include <hyspn/nn/resize.hpp>

namespace hyspn::nn {

/// A network from images to maps of the same extents that guide propagation: a U-Net (Ronneberger et al. 2015, arXiv
/// 1505.04597) with the blocks of a residual network on the way down.
///
/// Level 0 has the extents of the image and `width` channels, each level further half the extents, rounded up, and
/// twice the channels. The stem, 3×3, leads from the inputs to level 0; encoder.l, a residual block of stride 2, from
/// level l to l + 1; decoder.l from level l + 1 back: features are resized bilinearly to the extents of level l, joined
/// with those that the encoder had there, and go through a 3×3 convolution, its normalisation and max(·, 0); the head,
/// a 3×3 convolution with bias, makes the output maps of level 0. What these mean is the caller's: initial depth,
/// logits of candidates, confidence, offsets, features for affinities, each a range of channels (see channel_range).
///
/// Any H and W of at least 1. forward without `saved` is inference and normalises by running averages; with `saved` it
/// is training; `update` moves the running averages. exec::omp has the same bits for any number of threads.
struct guidance_unet {
    index_t inputs = 4;   ///< C, channels of the image
    index_t outputs = 8;  ///< O, output maps
    index_t width = 32;   ///< channels of level 0
    index_t levels = 3;   ///< below level 0
    norm_options norm{};

    template <class T, class M = memory::host>
    struct params {
        conv_norm::params<T, M> stem;
        std::vector<residual_block::params<T, M>> encoder;  ///< of level 0, 1, …
        std::vector<conv_norm::params<T, M>> decoder;       ///< of level 0, 1, …
        conv2d::params<T, M> head;

        /// Calls f with a view of "stem.conv.weight", …, "encoder.0.conv1.weight", …, "decoder.0.conv.weight", …,
        /// "head.weight" and "head.bias".
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            for_each_leaf(p.stem, with_prefix("stem", f));
            for (std::size_t l = 0; l < p.encoder.size(); ++l)
                for_each_leaf(p.encoder[l], with_prefix("encoder." + std::to_string(l), f));
            for (std::size_t l = 0; l < p.decoder.size(); ++l)
                for_each_leaf(p.decoder[l], with_prefix("decoder." + std::to_string(l), f));
            for_each_leaf(p.head, with_prefix("head", f));
        }
        /// The same for the running averages, "stem.norm.running_mean", …, where there are any.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_buffer(Self& p, F&& f)
        {
            for_each_buffer(p.stem, with_prefix("stem", f));
            for (std::size_t l = 0; l < p.encoder.size(); ++l)
                for_each_buffer(p.encoder[l], with_prefix("encoder." + std::to_string(l), f));
            for (std::size_t l = 0; l < p.decoder.size(); ++l)
                for_each_buffer(p.decoder[l], with_prefix("decoder." + std::to_string(l), f));
        }
    };

    template <class T, class M = memory::host>
    struct saved {
        conv_norm::saved<T, M> stem;
        std::vector<residual_block::saved<T, M>> encoder;
        std::vector<conv_norm::saved<T, M>> decoder;
        std::vector<tensor<T, 4, M>> joined;    ///< of level l: the features from below, then the encoder's
        std::vector<tensor<T, 4, M>> features;  ///< of level l: what comes from below; last the deepest level's
    };

    /// Arrays, all zero: the form of the parameters. Values to begin with are those of make_params; copy them to the
    /// device leaf by leaf. Throws value_error.
    template <class T, class M = memory::host>
    params<T, M> zero_params() const
    {
        require_options("guidance_unet::zero_params");
        params<T, M> p;
        p.stem = stem().zero_params<T, M>(inputs);
        for (index_t l = 0; l < levels; ++l) p.encoder.push_back(encoder(l).zero_params<T, M>(channels(l)));
        for (index_t l = 0; l < levels; ++l) p.decoder.push_back(decoder(l).zero_params<T, M>(joined_channels(l)));
        p.head = head().make_params<T, M>(width);
        return p;
    }
    /// Values to start training with, the same for the same seed: see conv2d::init and residual_block::make_params.
    /// Throws value_error.
    template <class T>
    params<T> make_params(std::uint64_t seed) const
    {
        require_options("guidance_unet::make_params");
        random_stream stream(seed);
        params<T> p;
        p.stem = stem().make_params<T>(inputs, stream);
        for (index_t l = 0; l < levels; ++l) p.encoder.push_back(encoder(l).make_params<T>(channels(l), stream));
        for (index_t l = 0; l < levels; ++l) p.decoder.push_back(decoder(l).make_params<T>(joined_channels(l), stream));
        p.head = head().make_params<T>(width);
        head().init(p.head, stream);
        return p;
    }
    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        params<T, M> d;
        d.stem = conv_norm::zero_gradients(p.stem);
        for (auto const& block : p.encoder) d.encoder.push_back(residual_block::zero_gradients(block));
        for (auto const& block : p.decoder) d.decoder.push_back(conv_norm::zero_gradients(block));
        d.head = conv2d::zero_gradients(p.head);
        return d;
    }

    dims<4> output_extents(dims<4> const& x) const { return {x[0], outputs, x[2], x[3]}; }

    /// Inference: x [N, C, H, W] → [N, O, H, W]. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X>
        requires same_space<P, X> tensor<T, 4, M> forward(P const& exec, params<T, M> const& p, X const& x)
    const
    {
        tensor<T, 4, M> y(output_extents(as_const(x).extents()));
        forward(exec, p, x, y);
        return y;
    }

    /// The same into y, which must not overlap x. Memory: the arrays `joined` of all levels and two levels' features.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        view<T const, 4, M> const in = as_const(x);
        require_call("guidance_unet::forward", p, in.extents(), as_view(y).extents(), "y");
        std::vector<tensor<T, 4, M>> joined = joined_arrays<T, M>(in.extents());
        tensor<T, 4, M> below(level_extents(in.extents(), levels));
        stem().forward(exec, p.stem, in, encoded<T, M>(joined, below, 0));
        for (index_t l = 0; l < levels; ++l)
            encoder(l).forward(exec, p.encoder[at(l)], encoded<T, M>(joined, below, l),
                               encoded<T, M>(joined, below, l + 1));
        for (index_t l = levels - 1; l >= 0; --l) {
            resize_bilinear{}.forward(exec, below, from_below(joined[at(l)], l));
            below = tensor<T, 4, M>(level_extents(in.extents(), l));
            decoder(l).forward(exec, p.decoder[at(l)], joined[at(l)], below);
            joined[at(l)] = {};
        }
        head().forward(exec, p.head, below, y);
    }

    /// Training, and fills `s` for backward; arrays of s that already have the right extents are reused.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>& s) const
    {
        view<T const, 4, M> const in = as_const(x);
        require_call("guidance_unet::forward", p, in.extents(), as_view(y).extents(), "y");
        fit_saved(s, in.extents());
        auto const encoded_at = [&](index_t l) { return encoded<T, M>(s.joined, s.features[at(levels)], l); };
        stem().forward(exec, p.stem, in, encoded_at(0), s.stem);
        for (index_t l = 0; l < levels; ++l)
            encoder(l).forward(exec, p.encoder[at(l)], encoded_at(l), encoded_at(l + 1), s.encoder[at(l)]);
        for (index_t l = levels - 1; l >= 0; --l) {
            resize_bilinear{}.forward(exec, s.features[at(l + 1)], from_below(s.joined[at(l)], l));
            decoder(l).forward(exec, p.decoder[at(l)], s.joined[at(l)], s.features[at(l)], s.decoder[at(l)]);
        }
        head().forward(exec, p.head, s.features[0], y);
    }

    /// Moves the running averages of p, where there are any, towards the statistics in s. Throws value_error, and
    /// shape_error where p or s is of other levels, before anything has changed.
    template <execution_policy P, class T, class M>
    void update(P const& exec, saved<T, M> const& s, params<T, M>& p) const
    {
        char const* const name = "guidance_unet::update";
        require_options(name);
        require_parts(name, "the parameters", p);
        require_parts(name, "saved", s);
        stem().update(exec, s.stem, p.stem);
        for (index_t l = 0; l < levels; ++l) encoder(l).update(exec, s.encoder[at(l)], p.encoder[at(l)]);
        for (index_t l = 0; l < levels; ++l) decoder(l).update(exec, s.decoder[at(l)], p.decoder[at(l)]);
    }

    /// Vector-Jacobian product of the training form: dy [N, O, H, W] → dx [N, C, H, W], written (it must not overlap x
    /// or dy), or without elements where it is not wanted, and dp, added to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const& s, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        char const* const name = "guidance_unet::backward";
        view<T const, 4, M> const in = as_const(x);
        require_call(name, p, in.extents(), as_const(dy).extents(), "dy");
        require_saved(name, s, in.extents());
        if (as_view(dx).size() > 0)
            detail::require_shape(name, "dx", "[N, C, H, W]", as_view(dx).extents(), in.extents());
        require_parts(name, "dp", dp);

        tensor<T, 4, M> dbelow(s.features[0].extents());
        head().backward(exec, p.head, s.features[0], {}, dy, dbelow, dp.head);
        std::vector<tensor<T, 4, M>> djoined;
        for (index_t l = 0; l < levels; ++l) {
            djoined.emplace_back(s.joined[at(l)].extents());
            decoder(l).backward_over(exec, p.decoder[at(l)], s.joined[at(l)], s.decoder[at(l)], dbelow, djoined[at(l)],
                                     dp.decoder[at(l)]);
            dbelow = tensor<T, 4, M>(s.features[at(l + 1)].extents());
            resize_bilinear{}.backward(exec, as_const(from_below(djoined[at(l)], l)), dbelow);
        }
        for (index_t l = levels - 1; l >= 0; --l) {
            view<T, 4, M> const dencoded = encoded<T, M>(djoined, dbelow, l);
            tensor<T, 4, M> passed(dencoded.extents());
            encoder(l).backward(exec, p.encoder[at(l)], encoded_in(s, l), s.encoder[at(l)],
                                as_const(encoded<T, M>(djoined, dbelow, l + 1)), passed, dp.encoder[at(l)]);
            add_maps(exec, dencoded, passed, dencoded);
        }
        stem().backward_over(exec, p.stem, in, s.stem, encoded<T, M>(djoined, dbelow, 0), dx, dp.stem);
    }

private:
    static std::size_t at(index_t l) { return static_cast<std::size_t>(l); }

    index_t channels(index_t level) const { return width << level; }
    index_t joined_channels(index_t level) const { return channels(level + 1) + channels(level); }
    conv_norm stem() const { return {.outputs = width, .norm = norm}; }
    residual_block encoder(index_t l) const { return {.outputs = channels(l + 1), .stride = 2, .norm = norm}; }
    conv_norm decoder(index_t l) const { return {.outputs = channels(l), .norm = norm}; }
    conv2d head() const { return {.padding = {1, 1}, .outputs = outputs}; }

    /// Extents of the features of a level.
    dims<4> level_extents(dims<4> const& x, index_t level) const
    {
        index_t const step = index_t{1} << level;
        return {x[0], channels(level), (x[2] + step - 1) / step, (x[3] + step - 1) / step};
    }
    dims<4> joined_extents(dims<4> const& x, index_t level) const
    {
        dims<4> e = level_extents(x, level);
        e[1] = joined_channels(level);
        return e;
    }
    template <class T, class M>
    std::vector<tensor<T, 4, M>> joined_arrays(dims<4> const& x) const
    {
        std::vector<tensor<T, 4, M>> joined;
        for (index_t l = 0; l < levels; ++l) joined.emplace_back(joined_extents(x, l));
        return joined;
    }

    /// Where the encoder's features of a level lie: in the joined array, or, of the deepest level, in one of their own.
    template <class T, class M>
    view<T, 4, M> encoded(std::vector<tensor<T, 4, M>>& joined, tensor<T, 4, M>& deepest, index_t l) const
    {
        if (l == levels) return as_view(deepest);
        return channel_range(joined[at(l)], channels(l + 1), channels(l));
    }
    template <class T, class M>
    view<T const, 4, M> encoded_in(saved<T, M> const& s, index_t l) const
    {
        return channel_range(s.joined[at(l)], channels(l + 1), channels(l));
    }
    /// The part of a joined array that comes from the level below.
    template <class T, class M>
    view<T, 4, M> from_below(tensor<T, 4, M>& joined, index_t l) const
    {
        return channel_range(joined, 0, channels(l + 1));
    }

    template <class T, class M>
    void fit_saved(saved<T, M>& s, dims<4> const& x) const
    {
        s.encoder.resize(at(levels));
        s.decoder.resize(at(levels));
        s.joined.resize(at(levels));
        s.features.resize(at(levels) + 1);
        for (index_t l = 0; l < levels; ++l) detail::fit(s.joined[at(l)], joined_extents(x, l));
        for (index_t l = 0; l <= levels; ++l) detail::fit(s.features[at(l)], level_extents(x, l));
    }

    void require_options(char const* function) const
    {
        auto const at_least = [&](char const* name, index_t least, index_t got) {
            detail::require_value(got >= least, function, name, "at least " + std::to_string(least),
                                  static_cast<double>(got));
        };
        at_least("inputs", 1, inputs);
        at_least("outputs", 1, outputs);
        at_least("width", 1, width);
        detail::require_value(levels >= 0 && levels <= 16, function, "levels", "from 0 to 16",
                              static_cast<double>(levels));
    }

    /// Throws shape_error unless `parts`, params or saved, has the blocks of these options; the blocks check their
    /// arrays themselves.
    template <class Parts>
    void require_parts(char const* function, char const* argument, Parts const& parts) const
    {
        std::string const wanted = "of " + std::to_string(levels) + " levels";
        for (std::size_t const got : {parts.encoder.size(), parts.decoder.size()})
            if (got != at(levels)) detail::raise<shape_error>(function, argument, wanted, std::to_string(got));
    }

    template <class T, class M>
    void require_call(char const* function, params<T, M> const& p, dims<4> const& x, dims<4> const& y,
                      char const* y_name) const
    {
        require_options(function);
        require_parts(function, "the parameters", p);
        detail::require_shape(function, "x", "[N, inputs, H, W]", x, {x[0], inputs, x[2], x[3]});
        if (x[2] < 1 || x[3] < 1)
            detail::raise<shape_error>(function, "x", "of at least one row and column", to_string(x));
        detail::require_shape(function, y_name, "[N, outputs, H, W]", y, output_extents(x));
    }

    template <class T, class M>
    void require_saved(char const* function, saved<T, M> const& s, dims<4> const& x) const
    {
        std::size_t const n = at(levels);
        if (s.joined.size() != n || s.features.size() != n + 1 || s.encoder.size() != n || s.decoder.size() != n)
            detail::raise<shape_error>(function, "saved", "as forward left it", "other levels");
        for (index_t l = 0; l < levels; ++l)
            detail::require_shape(function, "saved.joined", "as forward left it", s.joined[at(l)].extents(),
                                  joined_extents(x, l));
        for (index_t l = 0; l <= levels; ++l)
            detail::require_shape(function, "saved.features", "as forward left it", s.features[at(l)].extents(),
                                  level_extents(x, l));
    }
};

}  // namespace hyspn::nn
