# Fails when an object file that is compiled for one instruction set defines a symbol that the linker may share with
# other object files (weak: an inline function, a template): the generic path could then run its AVX-512 version.
#   cmake -DNM=nm -DOBJECTS="a.o;b.o" -P isa_objects.cmake
list(LENGTH OBJECTS count)
if(count EQUAL 0)
  message(FATAL_ERROR "no object files to read")
endif()
execute_process(COMMAND ${NM} --demangle --defined-only --print-file-name ${OBJECTS}
                OUTPUT_VARIABLE symbols RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${NM} failed")
endif()
string(REGEX MATCHALL "[^\n]* [VWu] [^\n]*" shared "${symbols}")
if(shared)
  list(JOIN shared "\n" text)
  message(FATAL_ERROR "shared with object files of other instruction sets:\n${text}")
endif()
