// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// hyspn_bench: Google Benchmark, and on stderr a table of ratios, each taken inside this one run.
#include <cstdio>
#include <map>
#include <vector>

#include "support.hpp"

namespace {

/// The output the flags ask for, and the best time of every row kept for the ratios.
class keeping_reporter : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(Context const& context) override { return display_->ReportContext(context); }
    void Finalize() override { display_->Finalize(); }
    void ReportRuns(std::vector<Run> const& runs) override
    {
        display_->ReportRuns(runs);
        for (Run const& run : runs) {
            if (run.error_occurred || run.run_type != Run::RT_Iteration) continue;
            double const time = run.GetAdjustedRealTime();
            auto const [row, added] = best_.try_emplace(row_name(run), time);
            if (!added && time < row->second) row->second = time;
        }
    }

    /// One line: what, both times and their quotient; silent when a row did not run.
    void print_ratio(char const* what, std::string const& of, std::string const& to) const
    {
        auto const a = best_.find(of), b = best_.find(to);
        if (a == best_.end() || b == best_.end()) return;
        std::fprintf(stderr, "  %-58s %9.3f / %9.3f ms = %6.2f\n", what, a->second, b->second, a->second / b->second);
    }

    bool empty() const { return best_.empty(); }

private:
    /// Google Benchmark appends "/real_time" and its flags; the rows are known without.
    static std::string row_name(Run const& run)
    {
        std::string const name = run.benchmark_name();
        return name.substr(0, name.find("/real_time"));
    }

    benchmark::BenchmarkReporter* display_ = benchmark::CreateDefaultDisplayReporter();  // owned by the library
    std::map<std::string, double> best_;
};

}  // namespace

int main(int argc, char** argv)
{
    using namespace hyspn::bench;
    register_floors();
    register_manifold();
    register_affinity();
    register_convolutions();
    register_scenes();
    register_guidance();
    register_guidance_net();
    register_training();
    register_losses();
    register_experts();
    register_propagation();
    register_mixtures();
    register_volume();
    register_offsets();
    register_scans();
    register_graphs();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    keeping_reporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    if (reporter.empty()) return 0;

    std::fprintf(stderr, "\nRatios within this run (best of each row)\n");
    for (char const* size : {nyu.name, kitti.name}) {
        std::string const s = size;
        reporter.print_ratio(("HAM forward / its GEMM, " + s).c_str(), "ham_forward/omp/f32/C64_O8_k3_" + s,
                             "floor_gemm/omp/f32/72x64x" + s);
        reporter.print_ratio(("HAM backward / its GEMM, " + s).c_str(), "ham_backward/omp/f32/C64_O8_k3_" + s,
                             "floor_gemm/omp/f32/72x64x" + s);
        reporter.print_ratio(("CSPN 24 steps / traffic of an unblocked sweep, " + s).c_str(),
                             "cspn_forward/omp/f32/k3_t24_" + s, "floor_stencil_traffic/omp/f32/" + s);
        reporter.print_ratio(("CSPN 24 steps, plain loops / omp, " + s).c_str(), "cspn_raw_loops/omp/f32/k3_t24_" + s,
                             "cspn_forward/omp/f32/k3_t24_" + s);
    }
    // Of the same traffic: one array read and written, two read and one written, two read.
    std::pair<char const*, char const*> const operations[] = {{"expmap0", "floor_copy"},   {"logmap0", "floor_copy"},
                                                              {"mobius_add", "floor_sum"}, {"expmap", "floor_sum"},
                                                              {"logmap", "floor_sum"},     {"dist", "floor_read"}};
    for (char const* shape : {"64x512x512", "262144x64"})
        for (auto const& [op, floor] : operations)
            reporter.print_ratio((std::string("poincare::") + op + " / " + floor + ", " + shape).c_str(),
                                 std::string(op) + "/omp/f32/" + shape, std::string(floor) + "/omp/f32/64x512x512");
    benchmark::Shutdown();
    return 0;
}
