# Everything here is a Debian package; scripts/install-dependencies installs them.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(LibArchive REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(Protobuf REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost REQUIRED)

# Optional: the peer of `ftl bench`. Not by its own CMake file, which wants OpenCL's headers too.
find_path(ONEDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
find_library(ONEDNN_LIBRARY dnnl)
find_package(OpenMP QUIET COMPONENTS CXX)
mark_as_advanced(ONEDNN_INCLUDE_DIR ONEDNN_LIBRARY)

# Optional: what draws the page of `ftl report`, embedded as it is.
find_file(CHART_JS NAMES chart.min.js chart.umd.js PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist)
mark_as_advanced(CHART_JS)
