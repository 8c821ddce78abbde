# Each src/kernels/**/*_cpu.cpp is compiled once per instruction set with just the features it uses, into
# namespace ftl::kernels::<isa>. -march=native or -march=sapphirerapids would enable instructions that a
# virtual machine may hide; which set runs is decided at run time (machine/instruction_set.hpp).
set(FTL_ISA_FLAGS_generic "")
set(FTL_ISA_FLAGS_avx2 -mavx2 -mfma)
set(FTL_ISA_FLAGS_avx_vnni ${FTL_ISA_FLAGS_avx2} -mavxvnni)
set(FTL_ISA_FLAGS_avx512 ${FTL_ISA_FLAGS_avx2} -mavx512f -mavx512bw -mavx512vl -mavx512dq
                         -mprefer-vector-width=512
                         # GCC 12 warns about its own AVX-512 headers (PR 105593).
                         -Wno-uninitialized -Wno-maybe-uninitialized)
set(FTL_ISA_FLAGS_avx512_vnni ${FTL_ISA_FLAGS_avx512} -mavx512vnni)
set(FTL_ISA_FLAGS_avx512_bf16 ${FTL_ISA_FLAGS_avx512_vnni} -mavx512bf16)
set(FTL_ISA_FLAGS_amx ${FTL_ISA_FLAGS_avx512_bf16} -mamx-tile -mamx-bf16 -mamx-int8)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(FTL_ISAS generic avx2 avx_vnni avx512 avx512_vnni avx512_bf16 amx)
else()
  set(FTL_ISAS generic)
endif()

function(ftl_isa_kernels layer)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${layer}/*_cpu.cpp)
  foreach(isa IN LISTS FTL_ISAS)
    add_library(ftl_${layer}_${isa} OBJECT ${sources})
    target_include_directories(ftl_${layer}_${isa} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    # Kernels throw nothing, and an exception's personality would be a symbol that the linker shares.
    target_compile_options(ftl_${layer}_${isa} PRIVATE -O3 -fno-math-errno -fno-trapping-math -fno-exceptions
                                                       ${FTL_ISA_FLAGS_${isa}})
    target_compile_definitions(ftl_${layer}_${isa} PRIVATE FTL_ISA=${isa} FTL_ISA_${isa}=1)
    target_sources(ftl_${layer} PRIVATE $<TARGET_OBJECTS:ftl_${layer}_${isa}>)
    string(TOUPPER ${isa} upper)
    target_compile_definitions(ftl_${layer} PRIVATE FTL_HAS_${upper}=1)
  endforeach()
endfunction()
