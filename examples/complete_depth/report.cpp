// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <cmath>
#include <cstdio>
#include <ostream>

#include <nlohmann/json.hpp>

#include <hyspn/guidance/samples.hpp>

#include "propagation_method.hpp"

namespace complete_depth {
namespace {

template <class... A>
std::string format(char const* pattern, A... values)
{
    char text[256];
    std::snprintf(text, sizeof text, pattern, values...);
    return text;
}

std::string row(char const* name, hyspn::metrics::depth_errors const& e)
{
    return format("%-12s %8.4f %8.4f %8.4f %8.4f\n", name, e.rmse, e.mae, e.rel, e.delta1);
}

/// Nothing can be said relative to 0.
std::string percent(double from, double to)
{
    return from == 0 ? format(" %8s", "-") : format(" %+7.2f%%", 100 * (to - from) / from);
}

std::string change(hyspn::metrics::depth_errors const& from, hyspn::metrics::depth_errors const& to)
{
    return format("%-12s", "change") + percent(from.rmse, to.rmse) + percent(from.mae, to.mae) +
           percent(from.rel, to.rel) + percent(from.delta1, to.delta1) + "\n";
}

std::string table(scores const& s)
{
    if (s.final.n == 0) return "\nno pixel to compare: none with truth was not given\n";
    return format("\n%-12s %8s %8s %8s %8s\n", "metres", "RMSE", "MAE", "REL", "delta1") +
           row("initial map", s.initial) + row("propagated", s.final) + change(s.initial, s.final) + "over " +
           std::to_string(s.final.n) + " pixels with truth that were not given\n";
}

/// "cspn, 3 steps", "diffusion, alpha 0.1, 3 steps", "diffusion_fixed_point, alpha 0.1".
std::string method_text(arguments const& a, propagation_method const& method)
{
    return a.propagation + (method.restart ? format(", alpha %g", *method.restart) : "") +
           (method.steps() ? format(", %td steps", *method.steps()) : "");
}

double total_seconds(progress const& bar)
{
    double sum = 0;
    for (auto const& [name, seconds] : bar.times()) sum += seconds;
    return sum;
}

nlohmann::json numbers(std::optional<hyspn::metrics::depth_errors> const& e)
{
    auto const number = [&](double hyspn::metrics::depth_errors::*member) {
        return e && std::isfinite((*e).*member) ? nlohmann::json((*e).*member) : nlohmann::json(nullptr);
    };
    using errors = hyspn::metrics::depth_errors;
    return {{"rmse", number(&errors::rmse)},
            {"mae", number(&errors::mae)},
            {"rel", number(&errors::rel)},
            {"delta1", number(&errors::delta1)},
            {"n", e ? e->n : 0}};
}

}  // namespace

std::optional<scores> score(problem const& p, completion const& c)
{
    if (!p.has_truth()) return std::nullopt;
    hyspn::exec::seq const exec;
    return scores{hyspn::metrics::depth(exec, c.initial, p.truth, p.sparse),
                  hyspn::metrics::depth(exec, c.depth, p.truth, p.sparse)};
}

void print_report(std::ostream& out, problem const& p, arguments const& a, completion const& c,
                  std::optional<scores> const& s, progress const& bar)
{
    bool const lines = c.anisotropy > hyspn::guidance::scan_line_anisotropy;
    out << "image        " << p.width() << " x " << p.height() << ", " << c.samples << " samples, "
        << (lines ? "in scan lines" : "scattered") << format(" (anisotropy %.2f)\n", c.anisotropy);
    auto const method = find_propagation(a.propagation, a.steps, a.alpha);
    if (!c.network.empty())
        out << "method       " << c.origin << ": " << c.network << format(", share %g", a.share)
            << (a.adapt > 0 ? format(", adapted in %td steps", a.adapt) : "") << "\n";
    else
        out << "method       " << a.initial << (a.blend > 0 ? format(" with %g Dirichlet, ", a.blend) : ", ")
            << a.affinity << " affinity, " << method_text(a, method) << ", on " << a.backend << "; " << c.origin
            << "\n";
    if (s) out << table(*s);
    out << "\nseconds      ";
    for (auto const& [name, seconds] : bar.times()) out << name << format(" %.2f, ", seconds);
    out << "all " << format("%.2f\n", total_seconds(bar));
    if (a.out.empty())
        out << "pictures     none: give --out FOLDER\n";
    else
        out << "pictures     in " << a.out.string() << "\n";
}

std::string json_report(problem const& p, arguments const& a, completion const& c, std::optional<scores> const& s,
                        progress const& bar)
{
    nlohmann::json report = numbers(s ? std::optional(s->final) : std::nullopt);
    report["seconds"] = total_seconds(bar);
    report["initial"] = numbers(s ? std::optional(s->initial) : std::nullopt);
    for (auto const& [name, seconds] : bar.times()) report["stages"][name] = seconds;
    report["width"] = p.width();
    report["height"] = p.height();
    report["samples"] = c.samples;
    report["anisotropy"] = c.anisotropy;
    report["position_weight"] = a.position_weight;
    report["initial_map"] = a.initial;
    report["blend"] = a.blend;
    report["affinity"] = a.affinity;
    report["origin"] = c.origin;
    report["propagation"] = a.propagation;
    auto const method = find_propagation(a.propagation, a.steps, a.alpha);
    report["steps"] = method.steps() ? nlohmann::json(*method.steps()) : nlohmann::json(nullptr);
    report["alpha"] = method.restart ? nlohmann::json(*method.restart) : nlohmann::json(nullptr);
    report["backend"] = a.backend;
    if (c.network.empty()) return report.dump(2) + "\n";
    for (auto const* key : {"initial_map", "blend", "affinity", "propagation", "steps", "alpha", "position_weight"})
        report.erase(key);
    report["network"] = c.network;
    report["share"] = a.share;
    report["adapt"] = a.adapt;
    return report.dump(2) + "\n";
}

}  // namespace complete_depth
