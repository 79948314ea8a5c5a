// Beast, compiled once: every other file only declares it (BOOST_BEAST_SEPARATE_COMPILATION).

#include <boost/beast/src.hpp>
