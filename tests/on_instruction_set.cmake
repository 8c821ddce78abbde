# Runs PROGRAM, a test program, with the tests of FILTER on the instruction set ISA, or says why that cannot be.
# FTL is the program that knows.
set(ENV{FTL_ISA} ${ISA})
execute_process(COMMAND ${FTL} info RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE reason)
if(NOT result EQUAL 0)
  string(REGEX REPLACE "^ftl: FTL_ISA=([a-z0-9_]+): ([^;\n]*).*" "\\1: \\2" reason "${reason}")
  message("${CMAKE_CURRENT_LIST_FILE}: Skipped\n${reason}")
  return()
endif()
execute_process(COMMAND ${PROGRAM} --gtest_brief=1 --gtest_filter=${FILTER} COMMAND_ERROR_IS_FATAL ANY)
